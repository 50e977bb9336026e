/** Bulk jobs on a whole server: what becomes of each line, of people who are there and who are not, and of the jobs. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { csvRow } from '#bulk/csv-writer.ts';
import {
  bulkDownload,
  bulkFileDelete,
  bulkFiles,
  bulkJobs,
  bulkSchedule,
  bulkStop,
  bulkUpload,
} from '#commands/bulk.ts';
import { contactsOf } from '#contacts/contact-list.ts';
import { BulkJobs, contextOf, figures } from './support/bulk-jobs.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';

const PEOPLE = ['romeo', 'juliet', 'nurse', 'paris', 'tybalt', 'rosaline', 'benvolio'];

describe('bulk administration', () => {
  let server: InProcess;
  let jobs: BulkJobs;

  before(async () => {
    server = await startInProcess({
      people: [...PEOPLE, 'mercutio'],
      settings: { 'contacts.limits.maxContacts': 4, 'contacts.limits.maxGroups': 3 },
    });
    await server.running.accounts.setEnabled('mercutio@example.test', false);
    jobs = new BulkJobs(() => contextOf(server));
  });
  after(() => server.stop());

  async function list(name: string): Promise<string[]> {
    const home = await server.running.node.homes.load(`${name}@example.test`);
    return [...contactsOf(home!).all()]
      .filter(({ listed }) => listed)
      .map(({ address, name, groups, subscription, pendingOut }) =>
        [address.split('@')[0], name, groups.join('+'), subscription + (pendingOut ? '?' : '')].join(' '),
      )
      .sort();
  }

  const line = (user: string, contact: string, nickname = '', group = 'Friends', ...state: string[]) =>
    csvRow([user, 'example.test', contact, 'example.test', nickname, group, ...state]).trimEnd();

  test('a contact list is imported into the list of somebody who is there, and of somebody who is not', async () => {
    const romeo = await server.signIn('romeo');
    await romeo.ask('get', `<query xmlns='jabber:iq:roster'/>`);
    await romeo.becomeAvailable();
    const header = ' user id,User Domain,CONTACT ID,Contact Domain,Nickname,Group Name,State';
    const job = await jobs.run(
      'import-contacts',
      [header, line('romeo', 'juliet', 'Jule', 'Verona', '3'), line('juliet', 'romeo', '', 'Verona', '3'), ''].join(
        '\r\n',
      ),
    );
    assert.equal(`${job.state} ${job.result} ${figures(job)}`, 'Completed Success 2/0/0/0');
    const push = await romeo.expect(({ name, attributes }) => name === 'iq' && attributes.type === 'set');
    assert.match(push.elements()[0]!.elements()[0]!.attributes.jid!, /^juliet@/);
    assert.deepEqual(await list('romeo'), ['juliet Jule Verona both']);
    assert.deepEqual(await list('juliet'), ['romeo  Verona both']);
    await romeo.close();
  });

  test('an import adds and never removes; the same line again changes nothing and counts as imported', async () => {
    const file = [line('romeo', 'juliet', '', 'Lovers'), line('romeo', 'juliet', '', 'Lovers')].join('\n');
    assert.equal(figures(await jobs.run('import-contacts', file)), '2/0/0/0');
    assert.deepEqual(await list('romeo'), ['juliet Jule Verona+Lovers both']);
  });

  test('whom a line names without a state is asked; where all may see each other, nobody is', async () => {
    await jobs.run('import-contacts', line('nurse', 'paris'));
    assert.deepEqual(await list('nurse'), ['paris  Friends none?']);
    server.configure({ 'presence.visibility': 'everyone' });
    await jobs.run('import-contacts', line('nurse', 'tybalt'));
    server.configure({ 'presence.visibility': 'contacts' });
    assert.deepEqual(await list('nurse'), ['paris  Friends none?', 'tybalt  Friends to']);
  });

  test('each line that is not taken has its reason in the log, and the figures add up', async () => {
    const long = 'x'.repeat(256);
    const lines: [line: string, reason: string][] = [
      ['romeo,example.test,nurse', 'Invalid format: 3 columns instead of 6'],
      [`${line('romeo', 'nurse')},0,more`, 'Invalid format: 8 columns instead of 7'],
      [line('romeo', 'nurse', '', ''), 'Invalid format: Group Name is empty'],
      [line('', 'nurse'), 'Invalid format: User ID is empty'],
      [line('romeo', 'nurse', long), 'Invalid format: Nickname is longer than 255 characters'],
      [line('romeo', 'nurse', '', long), 'Invalid format: Group Name is longer than 255 characters'],
      ['', 'Invalid format: the line is blank'],
      ['romeo,example.test,nurse,exa_mple.test,,Friends', 'Invalid contact domain'],
      ['romeo,example.test,nurse,example.t1,,Friends', 'Invalid contact domain'],
      [line('romeo', 'Romeo'), 'Cannot add self as a contact'],
      [line('lucio', 'romeo'), 'User does not exist'],
      [line('mercutio', 'romeo'), 'User is not enabled for IM and Presence'],
      ['romeo,elsewhere.test,nurse,example.test,,Friends', 'User is not assigned to local node'],
      [line('romeo', 'juliet', '', 'Third'), ''],
      [line('romeo', 'juliet', '', 'Fourth'), 'Invalid format: a contact is in 3 groups at most'],
      [line('romeo', 'a'), ''],
      [line('romeo', 'b'), ''],
      [line('romeo', 'c'), ''],
      [line('romeo', 'd'), "User's contact list is over limit"],
      ['romeo,"example.test', 'Invalid format: a quote is opened and never closed'],
    ];
    const expected = lines.map(([, reason], i) => `${i + 1} ${reason}`).filter((text) => /\d \S/.test(text));
    const content = lines.map(([text]) => text).join('\n');
    const validated = await jobs.validate('import-contacts', content);
    assert.deepEqual(
      await jobs.reasons(validated.id),
      expected.filter((text) => !text.includes('groups at most')),
    );
    assert.deepEqual(await list('romeo'), ['juliet Jule Verona+Lovers both']);
    const job = await jobs.run('import-contacts', content);
    assert.equal(figures(job), '4/0/16/0');
    assert.deepEqual(await jobs.reasons(job.id), expected);
    const log = await jobs.log(job.id);
    assert.match(
      log,
      /^Job ID: \d+ {2}Description: Import Users' Contacts - Custom File {2}Submitted by: command line\n/,
    );
    assert.match(
      log,
      /\nContacts successfully imported : 4\nInternal server errors {9}: 0\nContacts ignored {15}: 16\n/,
    );
    assert.match(log, /\nLine 10 {5}romeo@example.test {15}Romeo@example.test {15}Cannot add self as a contact\n/);
  });

  test('a name with an @ is one person; escaped on this side, and exported as it came (XEP-0106)', async () => {
    await server.running.accounts.add({ address: 'mlopez\\40emea@example.test', password: server.password });
    const job = await jobs.run('import-contacts', line('mlopez@emea', 'tchen@apac', 'Tao "T", esq', 'Contacts'));
    assert.equal(figures(job), '1/0/0/0', await jobs.log(job.id));
  });

  test('contact lists are exported in the same form', async () => {
    const { id } = await jobs.submit('export-contacts', '', { options: ['users=mlopez'] });
    assert.equal(figures(await jobs.end(id)), '1/0/0/0');
    const { bytes } = await bulkDownload.run(jobs.context, { id, offset: 0 });
    assert.equal(
      Buffer.from(bytes, 'base64').toString(),
      'User ID,User Domain,Contact ID,Contact Domain,Nickname,Group Name,State\r\n' +
        'mlopez@emea,example.test,tchen@apac,example.test,"Tao ""T"", esq",Contacts,0\r\n',
    );
  });

  test('contacts without an IM address come and go as vCards', async () => {
    const vcard =
      'BEGIN:VCARD\r\nVERSION:3.0\r\nN:Doe;Jane\r\nFN:Jane\r\n  Doe\r\nTEL;TYPE=work,voice:+1 2\r\nEND:VCARD\r\n';
    const row = (...cells: string[]) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
    const user = 'paris@example.test';
    const good = row(user, 'id-1', 'People', 'text/directory', '3.0', vcard);
    const job = await jobs.run(
      'import-non-presence-contacts',
      [
        good,
        row(user, 'id-2', 'People', 'text/plain', '3', vcard),
        row(user, 'id-2', 'People', 'text/vcard', '4.0', vcard),
        row(user, 'id-2', 'People', 'text/vcard', '3', 'BEGIN:VCARD\nVERSION:3.0\nFN:x'),
        row(user, 'id-2', '', 'text/vcard', '3', vcard),
        row('nobody@example.test', 'id-2', 'People', 'text/vcard', '3', vcard),
      ].join('\n'),
    );
    assert.equal(figures(job), '1/0/5/0');
    assert.deepEqual(
      (await jobs.reasons(job.id)).map((reason) => reason.replace(/^\d+ /, '')),
      [
        'Invalid format: Content Type is none of text/directory, text/vcard',
        'Invalid format: Version is not 3.0',
        'Invalid format: Info does not end with END:VCARD',
        'Invalid format: Group Name is empty',
        'User does not exist',
      ],
    );
    const { id } = await jobs.submit('export-non-presence-contacts');
    await jobs.end(id);
    const exported = Buffer.from((await bulkDownload.run(jobs.context, { id, offset: 0 })).bytes, 'base64').toString();
    assert.equal(figures(await jobs.run('import-non-presence-contacts', exported)), '1/0/0/0');
    assert.ok(exported.includes(vcard));
  });

  test('a contact is renamed in every list that has it, and keeps name, groups and subscription', async () => {
    await jobs.run(
      'import-contacts',
      [line('tybalt', 'paris', 'P', 'Kin', '3'), line('paris', 'tybalt', '', 'Kin', '3')].join('\n'),
    );
    const job = await jobs.run(
      'rename-contacts',
      'Contact ID, New Contact ID\nparis@example.test, benvolio@example.test\nnobody@example.test, x@example.test\nx,y\n',
    );
    assert.equal(figures(job), '1/0/2/0');
    assert.deepEqual(await jobs.reasons(job.id), [
      '3 Contact is in no contact list',
      '4 Invalid format: Contact ID is no address',
    ]);
    assert.deepEqual(await list('tybalt'), ['benvolio P Kin both', ...(await list('tybalt')).slice(1)]);
    assert.ok(!(await list('nurse')).some((text) => text.startsWith('paris')));
  });

  test('a job waits on hold until it is scheduled, and for its time', async () => {
    const file = await jobs.upload('import-contacts', line('rosaline', 'romeo'));
    const held = await jobs.submit('import-contacts', file, { start: 'hold' });
    assert.equal(held.state, 'Hold');
    await assert.rejects(async () => bulkStop.run(jobs.context, { id: held.id }), { kind: 'conflict' });
    await assert.rejects(async () => bulkFileDelete.run(jobs.context, { name: file }), { kind: 'conflict' });
    const later = await bulkSchedule.run(jobs.context, { id: held.id, start: 'at', at: '2999-01-01T00:00:00Z' });
    assert.deepEqual([later.state, later.dueAt], ['Pending', Date.UTC(2999, 0)]);
    await bulkSchedule.run(jobs.context, { id: held.id, start: 'now', at: undefined });
    assert.equal((await jobs.end(held.id)).result, 'Success');
    await bulkFileDelete.run(jobs.context, { name: file });
    assert.ok(!(await bulkFiles.run(jobs.context, {})).some(({ name }) => name === file));
  });

  test('what cannot be a job is refused with a sentence that says what to do', async () => {
    const file = await jobs.upload('import-contacts', 'x');
    for (const [submit, message] of [
      [() => jobs.submit('import-contacts'), /needs a file/],
      [() => jobs.submit('import-contacts', 'absent.csv'), /upload it first/],
      [() => jobs.submit('import-contacts', '../x'), /no name for a file/],
      [() => jobs.submit('rename-contacts', file), /uploaded for import-contacts/],
      [() => jobs.submit('export-contacts', file), /takes no file/],
      [() => jobs.submit('export-contacts', '', { options: ['color=red'] }), /options of the job/],
      [() => jobs.submit('make-coffee'), /there are no jobs make-coffee/],
      [() => jobs.submit('import-contacts', file, { frequency: 'daily' }), /only exports/],
    ] as const) {
      await assert.rejects(async () => submit(), { name: 'Failure', message });
    }
  });

  test('an upload comes in its order, within limits, and takes no place of another', async () => {
    const upload = (offset: number, text: string, more: object = {}) => {
      const about = { name: 'pieces.csv', transaction: 'import-contacts', last: false, replace: false };
      return bulkUpload.run(jobs.context, { ...about, offset, piece: Buffer.from(text).toString('base64'), ...more });
    };
    await assert.rejects(async () => upload(3, 'x'), { kind: 'conflict', message: /begin it anew/ });
    await upload(0, 'abc');
    await assert.rejects(async () => upload(2, 'x'), { kind: 'conflict', message: /3 bytes are here/ });
    const { file } = await upload(3, 'def', { last: true });
    const sha256 = createHash('sha256').update('abcdef').digest('hex');
    assert.deepEqual([file?.size, file?.sha256, file?.target], [6, sha256, 'Contact Lists']);
    await assert.rejects(async () => upload(0, 'x'), { kind: 'conflict', message: /there already/ });
    await upload(0, 'x', { replace: true });
    const empty = bulkUpload.input.parse({
      name: 'pieces.csv',
      transaction: 'import-contacts',
      offset: 1,
      piece: '',
      last: true,
    });
    assert.equal((await bulkUpload.run(jobs.context, empty)).file?.size, 1);
    server.configure({ 'bulk.maxFileBytes': 1000 });
    await assert.rejects(async () => upload(0, 'x'.repeat(1001), { replace: true }), { kind: 'over-limit' });
    server.configure({ 'bulk.maxFileBytes': 100_000_000 });
    for (const name of ['.hidden', 'a/b', '', 'x'.repeat(129), 'a\0']) {
      await assert.rejects(async () => upload(0, 'x', { name }), { kind: 'malformed' });
    }
    await assert.rejects(async () => upload(0, 'x', { transaction: 'export-contacts' }), /takes no file/);
  });

  test('a file that became another one since the job was submitted is not worked on', async () => {
    const name = await jobs.upload('import-contacts', line('rosaline', 'nurse'));
    const { id } = await jobs.submit('import-contacts', name, { start: 'hold' });
    appendFileSync(join(server.running.node.folder.path, 'bulk/files', name), `\n${line('rosaline', 'tybalt')}`);
    await bulkSchedule.run(jobs.context, { id, start: 'now', at: undefined });
    const job = await jobs.end(id);
    assert.deepEqual([job.state, job.figures.done], ['InComplete', 0]);
    assert.match(job.reason, /submit it anew/);
  });

  test('jobs run one at a time, in the order of their sequence', async () => {
    const hold = await Promise.all(
      [3, 1, 2].map((sequence) => jobs.submit('export-contacts', '', { start: 'hold', sequence })),
    );
    const at = new Date(Date.now() + 300).toISOString();
    for (const { id } of hold) await bulkSchedule.run(jobs.context, { id, start: 'at', at });
    const ended = await Promise.all(hold.map(({ id }) => jobs.end(id)));
    const order = ended.toSorted((a, b) => a.sequence - b.sequence);
    for (let i = 1; i < order.length; i++) assert.ok(order[i]!.startedAt >= order[i - 1]!.endedAt);
    assert.ok((await bulkJobs.run(jobs.context, { before: 0, first: 2 })).length === 2);
  });
});
