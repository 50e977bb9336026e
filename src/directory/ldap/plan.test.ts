import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mappedFields, standardAttributes } from './agreement.ts';
import { comparableDn, type NoPerson, type Person, toPerson } from './person.ts';
import { type KnownUser, type PlanInput, plan, type UserFields } from './plan.ts';

const HERE = 'agreement';

function fieldsOf(more: Partial<UserFields> = {}): UserFields {
  const empty = Object.fromEntries(mappedFields.map((field) => [field, ''])) as UserFields;
  return { ...empty, lastName: 'Name', ...more };
}

function person(userid: string, more: Partial<UserFields> = {}): Person {
  return { dn: `uid=${userid},dc=test`, userid, fields: fieldsOf(more) };
}

function known(userid: string, more: Partial<KnownUser> = {}): KnownUser {
  return { uuid: `uuid of ${userid}`, userid, agreement: HERE, active: true, fields: fieldsOf(), ...more };
}

function planned(input: Partial<PlanInput> & { people: readonly (Person | NoPerson)[] }) {
  return plan({ agreement: HERE, known: [], whole: true, force: false, ...input });
}

const names = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `user${from + i}`);

describe('what a run changes', () => {
  test('who is new is added, who is another is updated, who is gone is deactivated, and the rest stays', () => {
    const made = planned({
      people: [person('new'), person('changed', { title: 'Boss' }), person('same')],
      known: [known('changed'), known('same'), known('gone')],
    });
    assert.deepEqual(
      made.added.map(({ userid }) => userid),
      ['new'],
    );
    assert.deepEqual(made.updated, [
      { uuid: 'uuid of changed', userid: 'changed', fields: { title: 'Boss' }, activated: false },
    ]);
    assert.deepEqual(made.deactivated, [{ uuid: 'uuid of gone', userid: 'gone' }]);
    assert.equal(made.unchanged, 1);
  });

  test('whoever comes back is active again', () => {
    const made = planned({ people: [person('back')], known: [known('back', { active: false })] });
    assert.deepEqual(made.updated, [{ uuid: 'uuid of back', userid: 'back', fields: {}, activated: true }]);
  });

  test('a user made here is taken over by its userid, in whatever case; one of another directory is put aside', () => {
    const made = planned({
      people: [person('Ana'), person('other')],
      known: [known('ana', { agreement: undefined }), known('other', { agreement: 'another' })],
    });
    assert.deepEqual(
      made.updated.map(({ userid }) => userid),
      ['ana'],
    );
    assert.deepEqual(made.aside, [{ who: 'uid=other,dc=test', reason: 'other comes from another LDAP directory' }]);
    assert.deepEqual(made.deactivated, []);
  });

  test('of two with one userid the first is taken; a directory URI that somebody has is left out', () => {
    const twice = { ...person('ana'), dn: 'uid=ANA,ou=old,dc=test', userid: 'ANA' };
    const made = planned({
      people: [person('ana', { directoryUri: 'x@test' }), twice, person('bo', { directoryUri: 'X@test' })],
    });
    assert.deepEqual(
      made.added.map(({ userid, fields }) => [userid, fields.directoryUri]),
      [
        ['ana', 'x@test'],
        ['bo', ''],
      ],
    );
    assert.deepEqual(
      made.aside.map(({ who }) => who),
      ['uid=ANA,ou=old,dc=test', 'bo'],
    );
  });

  test('a manager is known by the userid of the DN, and nobody where the DN is not there', () => {
    const boss = person('boss');
    const made = planned({
      people: [boss, person('ana', { manager: 'UID=boss, DC=test' }), person('bo', { manager: 'uid=none,dc=test' })],
    });
    assert.deepEqual(
      made.added.map(({ fields }) => fields.manager),
      ['', 'boss', ''],
    );
  });

  test('a part of LDAP says nothing of those who are not in it', () => {
    const made = planned({ people: [], known: names(50).map((name) => known(name)), whole: false });
    assert.deepEqual(made.deactivated, []);
  });

  test('a search that finds nobody is refused, also by force', () => {
    for (const force of [false, true]) {
      assert.throws(
        () => planned({ people: [], known: [known('ana')], force }),
        /nobody who fits.*nothing was changed/,
      );
    }
  });

  test('more than a fifth gone at once is refused, unless by force; ten are believed', () => {
    const all = names(100).map((name) => known(name));
    const remaining = (count: number) => names(count).map((name) => person(name));
    assert.throws(() => planned({ people: remaining(79), known: all }), /21 of 100 users.*nothing was changed/);
    assert.equal(planned({ people: remaining(79), known: all, force: true }).deactivated.length, 21);
    assert.equal(planned({ people: remaining(80), known: all }).deactivated.length, 20);
    assert.equal(planned({ people: remaining(2), known: all.slice(0, 12) }).deactivated.length, 10);
  });
});

describe('from an entry to a person', () => {
  const entry = (values: Record<string, string[]>) => ({
    dn: 'uid=ana,dc=test',
    values: new Map(Object.entries(values)),
  });
  const read = (values: Record<string, string[]>) => toPerson(entry(values), standardAttributes.OpenLDAP);

  test('the first value of each attribute counts; without a last name it is the userid; addresses are checked', () => {
    const made = read({ uid: ['ana', 'ana2'], mail: ['no address'], title: [' Boss '] });
    assert.ok('userid' in made);
    assert.equal(made.userid, 'ana');
    assert.equal(made.fields.lastName, 'ana');
    assert.equal(made.fields.title, 'Boss');
    assert.equal(made.fields.mailid, '');
  });

  test('an entry without userid, or with one that is too long, is nobody, and it is said why', () => {
    assert.deepEqual(read({}), { dn: 'uid=ana,dc=test', reason: 'the attribute uid is empty' });
    assert.match((read({ uid: ['x'.repeat(129)] }) as NoPerson).reason, /more than 128/);
  });

  test('Active Directory: the SIP address is the directory URI without its scheme', () => {
    const values = entry({ samaccountname: ['ana'], 'msrtcsip-primaryuseraddress': ['sip:ana@example.test'] });
    const made = toPerson(values, standardAttributes['Active Directory']);
    assert.equal('userid' in made && made.fields.directoryUri, 'ana@example.test');
  });

  test('DNs that differ by case and blanks alone are one', () => {
    assert.equal(
      comparableDn('CN = Ana\\, Ruiz , OU=People,DC=test'),
      comparableDn('cn=ana\\, ruiz,ou=people,dc=TEST'),
    );
  });
});
