/** The system topology keeps the rules of a cluster, on both databases, and each step may be repeated. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Database } from '#store/database.ts';
import { migrate } from '#store/migrate.ts';
import { topology as tables } from '#store/migrations/0014-topology.ts';
import { postgresStore, sqliteStore } from '../../test/contract/stores.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { checkNodeName, checkSubclusterName } from './names.ts';
import { SecurityPassword } from './security-password.ts';
import { Topology } from './topology.ts';

for (const store of [sqliteStore(), postgresStore()]) {
  describe(`topology on ${store.name}`, () => {
    const clock = new FakeClock();
    const settings = { maxNodes: 4, maxSubclusters: 2 };
    let database: Database;
    let topology: Topology;

    before(() => store.start());
    beforeEach(async () => {
      await database?.close();
      database = await store.fresh();
      await migrate(database, [{ ...tables, version: 1 }], clock);
      topology = new Topology({ database, clock, settings });
      await topology.ensurePublisher('imp-pub', '9.0.1.10100-1');
    });
    after(async () => {
      await database.close();
      await store.stop();
    });

    const shape = async () => {
      const { subclusters, nodes } = await topology.show();
      return { subclusters, nodes: nodes.map(({ name, role, subcluster, state }) => [name, role, subcluster, state]) };
    };

    it('begins with DefaultCUPSubcluster, which holds the publisher, however often that is said', async () => {
      const expected = {
        subclusters: [{ name: 'DefaultCUPSubcluster', nodes: ['imp-pub'] }],
        nodes: [['imp-pub', 'publisher', 'DefaultCUPSubcluster', 'installed']],
      };
      assert.deepEqual(await shape(), expected);
      await topology.ensurePublisher('renamed', '9.0.1.10100-2');
      assert.deepEqual(await shape(), expected);
      assert.equal((await topology.node('imp-pub'))?.release, '9.0.1.10100-2');
    });

    it('subscribers are entered before they are installed, and assigned then or later; twice is once', async () => {
      for (let twice = 0; twice < 2; twice++) {
        await topology.addSubcluster('Sales');
        await topology.addNode('imp-sub1.Example.COM');
        await topology.addNode('imp-sub2', 'sales');
        await topology.assign('imp-sub1.example.com', 'Sales');
      }
      assert.deepEqual(await shape(), {
        subclusters: [
          { name: 'DefaultCUPSubcluster', nodes: ['imp-pub'] },
          { name: 'Sales', nodes: ['imp-sub1.example.com', 'imp-sub2'] },
        ],
        nodes: [
          ['imp-pub', 'publisher', 'DefaultCUPSubcluster', 'installed'],
          ['imp-sub1.example.com', 'subscriber', 'Sales', 'listed'],
          ['imp-sub2', 'subscriber', 'Sales', 'listed'],
        ],
      });
      await topology.assign('imp-sub2', 'DefaultCUPSubcluster');
      assert.deepEqual((await topology.show()).subclusters[0]?.nodes, ['imp-pub', 'imp-sub2']);
    });

    it('a subcluster has two nodes at most, a cluster as many nodes and subclusters as the settings say', async () => {
      await topology.addNode('sub1', 'DefaultCUPSubcluster');
      await assert.rejects(topology.addNode('sub2', 'DefaultCUPSubcluster'), {
        kind: 'conflict',
        message: /has 2 nodes already, imp-pub and sub1; make another with "rollcall topology add-subcluster"/,
      });
      await topology.addSubcluster('Second');
      await assert.rejects(topology.addSubcluster('Third'), {
        kind: 'over-limit',
        message: /topology\.maxSubclusters/,
      });
      await topology.addNode('sub2');
      await topology.addNode('sub3');
      await assert.rejects(topology.addNode('sub4'), { kind: 'over-limit', message: /topology\.maxNodes/ });
    });

    it('of many that are entered at once only as many are taken as there is room for', async () => {
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      const results = await Promise.allSettled(names.map((name) => topology.addNode(name, 'DefaultCUPSubcluster')));
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.equal((await topology.show()).nodes.length, 2);
    });

    it('the publisher stays where it is, and so does its subcluster', async () => {
      await topology.addSubcluster('Sales');
      await assert.rejects(topology.assign('imp-pub', 'Sales'), { kind: 'forbidden' });
      await topology.assign('imp-pub', 'DefaultCUPSubcluster');
      await assert.rejects(topology.removeNode('imp-pub'), { kind: 'forbidden', message: /is the publisher/ });
      await assert.rejects(topology.removeSubcluster('defaultcupsubcluster'), { kind: 'forbidden' });
    });

    it('a subcluster goes when it is empty, a node at any time; what is not there is told with what is', async () => {
      await topology.addSubcluster('Sales');
      await topology.addNode('sub1', 'Sales');
      await assert.rejects(topology.removeSubcluster('Sales'), {
        kind: 'conflict',
        message: /still holds sub1; assign/,
      });
      await topology.removeNode('sub1');
      await topology.removeSubcluster('SALES');
      assert.deepEqual((await topology.show()).subclusters.length, 1);
      await assert.rejects(topology.removeNode('sub1'), { kind: 'not-found', message: /there are imp-pub/ });
      await assert.rejects(topology.assign('imp-pub', 'Sales'), { kind: 'not-found', message: /there are DefaultCUP/ });
    });

    it('a node is listed, joins and is installed; until it confirms it may hold the older certificate or the newer', async () => {
      await topology.addNode('sub1');
      const facts = { release: '9.0.1.10100-1', address: '192.0.2.7', certificateEndsAt: 5 };
      await topology.certified('sub1', { ...facts, nextCertificate: 'aa' });
      const states = async () => {
        const node = await topology.node('sub1');
        return [node?.state, node?.certificate, node?.nextCertificate];
      };
      assert.deepEqual(await states(), ['joining', '', 'aa']);
      await assert.rejects(topology.installed('sub1', 'bb'), { kind: 'not-found' });
      await topology.installed('sub1', 'aa');
      assert.deepEqual(await states(), ['installed', 'aa', '']);
      await topology.certified('sub1', { ...facts, nextCertificate: 'cc' });
      assert.deepEqual(await states(), ['installed', 'aa', 'cc']);
      await assert.rejects(topology.certified('gone', { ...facts, nextCertificate: 'aa' }), { kind: 'not-found' });
    });

    it('each change is told, and what changes nothing is not', async () => {
      let told = 0;
      const stop = topology.onChange(() => told++);
      await topology.addNode('sub1');
      await topology.addNode('sub1');
      stop();
      await topology.removeNode('sub1');
      assert.equal(told, 1);
    });

    it('the security password is kept as a key, and changed by whoever knows it', async () => {
      const password = new SecurityPassword(database, clock);
      assert.equal(await password.is('secret-1'), false);
      await password.set('secret-1');
      const [row] = await database.read('select salt, derived_key from security_password');
      assert.ok(!Buffer.concat([row!.salt as Uint8Array, row!.derived_key as Uint8Array]).includes('secret-1'));
      assert.equal(await password.is('secret-1'), true);
      await assert.rejects(password.set('secret-2'), { kind: 'forbidden', message: /give the current one/ });
      await assert.rejects(password.set('secret-2', 'secret-9'), { kind: 'forbidden', message: /nothing was changed/ });
      await password.set('secret-2', 'secret-1');
      assert.deepEqual([await password.is('secret-1'), await password.is('secret-2')], [false, true]);
      const before = await password.key();
      await password.put('secret-2');
      assert.deepEqual(await password.key(), before);
    });

    it('a security password that breaks the rule is refused with the rule', async () => {
      const password = new SecurityPassword(database, clock);
      for (const wrong of ['', 'short', '-secret', '_secret', 'sec ret1', 'secrét1', 'a'.repeat(65), 'secret!'])
        await assert.rejects(
          password.set(wrong),
          { kind: 'malformed', message: /6 to 64 characters, begins with/ },
          wrong,
        );
      for (const right of ['0ecret', 'Secret', 'a-_b-_', 'a'.repeat(64)]) await password.put(right);
    });
  });
}

it('names of nodes are host names, names of subclusters words', () => {
  for (const name of ['a', 'imp-sub1', 'imp.example.com', 'IMP.Example.com.', 'a1']) assert.ok(checkNodeName(name));
  for (const name of [
    '',
    '1imp',
    'imp_1',
    '-imp',
    'imp-',
    'a..b',
    '10.0.0.1',
    'imp.10',
    'büro',
    'a b',
    `${'a'.repeat(64)}`,
  ])
    assert.throws(() => checkNodeName(name), { kind: 'malformed' }, name);
  for (const name of ['A', 'Sales_2-b', 'a'.repeat(128)]) assert.equal(checkSubclusterName(name), name);
  for (const name of ['', 'a b', 'ä', 'a'.repeat(129), 'a;b'])
    assert.throws(() => checkSubclusterName(name), { kind: 'malformed' }, name);
});
