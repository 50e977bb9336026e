/**
 * COMPAT(@peculiar/x509, 2): it puts itself together with a container that asks, before it loads, for the metadata of
 * decorators (a proposal that no engine has). It has none to be told; that is all that it is told here.
 */
const asked: Record<string, () => undefined> = { getMetadata: () => undefined, getOwnMetadata: () => undefined };

for (const [name, value] of Object.entries(asked)) {
  if (!(name in Reflect)) Object.defineProperty(Reflect, name, { value, configurable: true, writable: true });
}
