import type { Scene } from './scene.ts';

/** So many are told in one go; a presentity may have ten thousand. */
const AT_ONCE = 8;

/** Tells the next watchers of a scene that it has changed. Who comes while they are told is told, too. */
export function tellSome(scene: Scene): 'more' | undefined {
  scene.telling ??= scene.watchers.values();
  const { telling } = scene;
  for (let i = 0; i < AT_ONCE; i++) {
    const { done, value } = telling.next();
    if (done) {
      scene.telling = undefined;
      return undefined;
    }
    try {
      value.changed(scene.home);
    } catch (err) {
      scene.home.homes.log.error({ err, account: scene.home.address }, 'a watcher could not be told of a change');
    }
    // What a watcher does may itself be a change, of which all are told from the first one on.
    if (scene.telling !== telling) return 'more';
  }
  return 'more';
}
