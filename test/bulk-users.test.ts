/** Users of the embedded Unified CM, many at once: from files, by queries, and out again. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CsvReader } from '#bulk/csv-reader.ts';
import type { Work } from '#bulk/transaction.ts';
import { deleteUsers, insertUsers } from '#bulk/user-files.ts';
import { bulkDownload } from '#commands/bulk.ts';
import type { Directory } from '#directory/directory.ts';
import { BulkJobs, contextOf, figures } from './support/bulk-jobs.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';

describe('bulk administration of users', () => {
  let server: InProcess;
  let jobs: BulkJobs;
  let directory: Directory;

  before(async () => {
    server = await startInProcess();
    jobs = new BulkJobs(() => contextOf(server));
    directory = server.running.node.directory;
    await directory.add('ProcessNode', {
      name: 'imp1',
      nodeUsage: 'Publisher',
      processNodeRole: 'CUCM IM and Presence',
    });
    if ((await directory.count('PresenceRedundancyGroup', { name: '%' })) === 0) {
      await directory.add('PresenceRedundancyGroup', { name: 'DefaultCUPSubcluster', server1: 'imp1' });
    }
    await directory
      .add('LdapDirectory', { name: 'AD', ldapDn: 'cn=x', ldapPassword: 'p', userSearchBase: 'dc=x' })
      .catch(() => '');
  });
  after(() => server.stop());

  const field = async (userid: string, name: string) => {
    const user = await directory.get('User', { name: userid });
    const value = user?.fields[name];
    return typeof value === 'object' && value !== null && 'name' in value ? value.name : value;
  };
  const assignedTo = async (userid: string) => (await directory.listPresence('assigned', { userid }))[0]?.server?.name;
  const reasons = async (id: number) => (await jobs.reasons(id)).map((reason) => reason.slice(0, 50));

  test('users are inserted by a header, and by position as releases before 10 did', async () => {
    const job = await jobs.run(
      'insert-users',
      [
        'FIRST NAME,LAST NAME,USER ID,MAIL ID,HOME CLUSTER,Enable User for Unified CM IM and Presence,ACCESS CONTROL GROUP 1',
        'Ana,Ruiz,aruiz,aruiz@example.test,t,YES,Standard CCM End Users',
        'Tao,Chen,tchen,,1,f,',
        'X,,nolast,,t,f,',
        'X,Y,aruiz,,t,f,',
        'X,Y,,,t,f,',
        'X,Y,z,,maybe,f,',
        'X,Y,z,not-an-address,t,f,',
        'X,Y,z,,f,t,',
        'X,Y,z,,t,f,No such group',
        'X,Y,z',
      ].join('\n'),
    );
    assert.equal(figures(job), '2/0/8/0');
    assert.deepEqual(await reasons(job.id), [
      '4 5003 User: lastName is missing',
      '5 -239 Could not insert new row - duplicate value ',
      '6 Invalid format: USER ID is empty',
      '7 Invalid format: HOME CLUSTER is not t or f',
      '8 5003 User: mailid is written local@domain',
      '9 5003 User: imAndPresenceEnable needs homeCluster',
      '10 -691 Missing key in referenced table for refere',
      '11 Invalid format: 3 columns instead of 7',
    ]);
    assert.equal(await field('aruiz', 'imAndPresenceEnable'), true);
    assert.equal(await field('tchen', 'homeCluster'), true);
    const positional = 'Mia,Lopez,mlopez,secret1,,Sales,12345,,,,,Standard Presence group,\n';
    assert.equal(figures(await jobs.run('insert-users', positional)), '1/0/0/0');
    assert.equal((await directory.authenticate('mlopez', { password: 'secret1' })).ok, true);
  });

  test('an update leaves what # says, empties what is empty, and assigns the presence node', async () => {
    const header =
      'USER ID,DEPARTMENT,TITLE,PASSWORD,HOME CLUSTER,ENABLE USER FOR UNIFIED CM IM AND PRESENCE,ASSIGNED PRESENCE SERVER';
    const first = await jobs.run('update-users', `${header}\nmlopez,#,Boss,#,t,t,imp1\nnobody,#,#,#,#,#,#\n`);
    assert.equal(figures(first), '1/0/1/0', await jobs.log(first.id));
    assert.deepEqual(await reasons(first.id), ['3 5007 Item not valid: The specified User was not ']);
    assert.deepEqual([await field('mlopez', 'department'), await field('mlopez', 'title')], ['Sales', 'Boss']);
    assert.equal(await assignedTo('mlopez'), 'imp1');
    await jobs.run('update-users', `${header}\nmlopez,,#,,#,#,\n`);
    assert.deepEqual([(await field('mlopez', 'department')) ?? '', await field('mlopez', 'title')], ['', 'Boss']);
    assert.equal(await assignedTo('mlopez'), undefined);
    // A secret that is left empty stays.
    assert.equal((await directory.authenticate('mlopez', { password: 'secret1' })).ok, true);
  });

  test('a header that is not understood ends the job before anything is done', async () => {
    const job = await jobs.run('update-users', 'USER ID,SHOE SIZE\nmlopez,43\n');
    assert.deepEqual([job.state, job.result, job.figures.done], ['InComplete', 'Failure', 0]);
    assert.match(job.reason, /no column "SHOE SIZE"/);
  });

  test('a validation finds what the job would find, and changes nothing', async () => {
    const file = [
      'USER ID,TITLE,UC SERVICE PROFILE,HOME CLUSTER,ENABLE USER FOR UNIFIED CM IM AND PRESENCE',
      'mlopez,Chief,#,#,#',
      'mlopez,#,No such profile,#,#',
      'tchen,#,#,f,t',
      'nobody,#,#,#,#',
    ].join('\n');
    const validated = await jobs.validate('update-users', file);
    assert.equal(await field('mlopez', 'title'), 'Boss');
    const job = await jobs.run('update-users', file);
    assert.equal(figures(job), '1/0/3/0');
    assert.equal(figures(validated), figures(job));
    assert.deepEqual(await reasons(validated.id), await reasons(job.id));
  });

  test('users are changed and removed by a query, which is settled when the job begins', async () => {
    const set = ['set=HOME CLUSTER=t', 'set=ENABLE USER FOR UNIFIED CM IM AND PRESENCE=t'];
    const { id } = await jobs.submit('update-users-query', '', { options: ['where=USER ID begins with TC', ...set] });
    assert.equal(figures(await jobs.end(id)), '1/0/0/0');
    assert.equal(await field('tchen', 'imAndPresenceEnable'), true);
    const { id: second } = await jobs.submit('delete-users-query', '', {
      options: ['where=LAST NAME is exactly chen'],
    });
    assert.equal(figures(await jobs.end(second)), '1/0/0/0');
    assert.equal(await directory.get('User', { name: 'tchen' }), undefined);
    await assert.rejects(async () => jobs.submit('delete-users-query'), /say which users/);
    await assert.rejects(
      async () => jobs.submit('update-users-query', '', { options: ['where=PASSWORD is empty', ...set] }),
      /not selected by PASSWORD/,
    );
  });

  test('what is exported is taken by an update, and holds no secret', async () => {
    const { id } = await jobs.submit('export-users', '', { options: ['where=USER ID contains l'] });
    assert.equal(figures(await jobs.end(id)), '1/0/0/0');
    const file = Buffer.from((await bulkDownload.run(jobs.context, { id, offset: 0 })).bytes, 'base64');
    const [header, row] = new CsvReader().feed(file).map((event) => ('cells' in event ? event.cells : []));
    assert.equal(row![header!.indexOf('USER ID')], 'mlopez');
    assert.ok(!header!.includes('PASSWORD'));
    const job = await jobs.run('update-users', file);
    assert.equal(figures(job), '1/0/0/0', await jobs.log(job.id));
  });

  test('the switch of releases before 10: presence, and a client that needs it', async () => {
    const job = await jobs.run('update-cup-users', 'aruiz,f,f\nmlopez,f,t\naruiz,x,t\naruiz,t,t\n');
    assert.equal(figures(job), '2/0/2/0');
    assert.equal(await field('aruiz', 'imAndPresenceEnable'), true);
    const { id } = await jobs.submit('export-cup-users');
    await jobs.end(id);
    const exported = Buffer.from((await bulkDownload.run(jobs.context, { id, offset: 0 })).bytes, 'base64').toString();
    assert.match(exported, /\r\naruiz,t,t\r\n/);
  });

  test('what a run that was killed has done already is no fault of the one that goes on', async () => {
    const { accounts, homes, database } = server.running.node;
    const world = { database, accounts, homes, directory, domains: [], isVisibleToAll: () => false };
    const run = { world: { ...world, maxContacts: () => 1, defaultGroup: () => 'x' }, isDryRun: false, options: {} };
    const inserting = insertUsers.work as Extract<Work, { kind: 'file' }>;
    const insert = inserting.begin(run);
    insert.header(['LAST NAME', 'USER ID']);
    assert.equal(await insert.row(['Killed', 'half'], false), undefined);
    assert.match((await insert.row(['Killed', 'half'], false))!.reason, /-239/);
    assert.equal(await insert.row(['Killed', 'half'], true), undefined);
    assert.match((await insert.row(['Another', 'half'], true))!.reason, /-239/);
    const remove = (deleteUsers.work as Extract<Work, { kind: 'file' }>).begin(run);
    assert.equal(await remove.row(['half'], false), undefined);
    assert.match((await remove.row(['half'], false))!.reason, /5007/);
    assert.equal(await remove.row(['half'], true), undefined);
  });

  test('users are removed by a file', async () => {
    const job = await jobs.run('delete-users', 'User ID\naruiz\naruiz\n');
    assert.equal(figures(job), '1/0/1/0');
    assert.equal(await directory.get('User', { name: 'aruiz' }), undefined);
  });
});
