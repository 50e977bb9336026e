/** §4.13 to §4.22: how many accounts there are of a kind, and which. */
import { userList } from '#commands/users.ts';
import type { AdHocNode } from '../../ad-hoc.ts';
import type { Field } from '../../wire/data-form.ts';
import { form, nodeName, result } from './form.ts';

type State = 'all' | 'disabled' | 'online' | 'active' | 'idle';

/** The word that the names of nodes and fields are made of, by what `user.list` calls it. */
const KINDS: readonly (readonly [word: string, state: State])[] = [
  ['registered', 'all'],
  ['disabled', 'disabled'],
  ['online', 'online'],
  ['active', 'active'],
  ['idle', 'idle'],
];

const SIZES = ['25', '50', '75', '100', '150', '200'];
const maxItems: Field = {
  name: 'max_items',
  type: 'list-single',
  label: 'How many to show',
  values: ['25'],
  options: { ...Object.fromEntries(SIZES.map((size) => [size, size])), none: 'All, up to 1000' },
};
const ALL = 1000;

const numberOf = ([word, state]: (typeof KINDS)[number]): AdHocNode => ({
  node: nodeName(`get-${word}-users-num`),
  name: `Get Number of ${capital(word)} Users`,
  role: userList.role,
  async run(call) {
    const users = userList.output.parse(await call.run(userList.name, { state }));
    return {
      payload: result({ name: `${word}usersnum`, type: 'text-single', values: [String(users.length)] }),
    };
  },
});

/** §4.21, §4.22: two of the nodes do not end in -list as the others do. */
const listOf = ([word, state]: (typeof KINDS)[number]): AdHocNode => ({
  node: nodeName(word === 'active' || word === 'idle' ? `get-${word}-users` : `get-${word}-users-list`),
  name: `Get List of ${capital(word)} Users`,
  role: userList.role,
  form: () => form(`Requesting List of ${capital(word)} Users`, maxItems),
  async run(call, filled) {
    const most = filled?.choice('max_items', [...SIZES, 'none']) ?? 'none';
    const users = userList.output.parse(await call.run(userList.name, { state }));
    const shown = users.slice(0, most === 'none' ? ALL : Number(most)).map(({ address }) => address);
    return { payload: result({ name: `${word}userjids`, type: 'jid-multi', values: shown }) };
  },
});

function capital(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}

export const listNodes: readonly AdHocNode[] = [...KINDS.map(numberOf), ...KINDS.map(listOf)];
