/** What Linux writes is read as proc(5) and resolv.conf(5) say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuShares, readCpuTimes, readGateway, readMemory, readProcessStat, readResolverFile } from './proc-files.ts';

test('the shares of the processors are of what went by between two looks', () => {
  const before = readCpuTimes('cpu  100 0 50 800 10 5 5 0 0 0\ncpu0 1 2 3\n');
  const after = readCpuTimes('cpu  140 10 70 920 15 7 8 0 0 0\n');
  assert.deepEqual(cpuShares(before, after), {
    idle: 0.6,
    system: 0.1,
    user: 0.25,
    ioWait: 0.025,
    irq: 0.01,
    softIrq: 0.015,
  });
  assert.equal(cpuShares(before, before).idle, 0);
});

test('memory, DNS and gateway', () => {
  assert.deepEqual(
    readMemory('MemTotal:  100 kB\nMemFree: 20 kB\nBuffers: 1 kB\nCached: 30 kB\nSwapCached: 7 kB\nShmem: 2 kB\n'),
    {
      totalKiB: 100,
      freeKiB: 20,
      cachedKiB: 30,
      sharedKiB: 2,
      buffersKiB: 1,
    },
  );
  assert.deepEqual(
    readResolverFile('# a\nnameserver 10.0.0.1\nnameserver  ::1\nsearch a.example b.example\noptions ndots:1\n'),
    {
      servers: ['10.0.0.1', '::1'],
      search: ['a.example', 'b.example'],
      options: ['ndots:1'],
    },
  );
  const routes = 'Iface Destination Gateway Flags\neth0 0000A8C0 00000000 0001\neth0 00000000 0100A8C0 0003\n';
  assert.deepEqual(readGateway(routes), { address: '192.168.0.1', interface: 'eth0' });
  assert.equal(readGateway(''), undefined);
});

test('a process may have parentheses and blanks in its name', () => {
  const fields = ['S', ...Array.from({ length: 49 }, (_, i) => String(i + 4))];
  assert.deepEqual(readProcessStat(`42 (a) (b c) ${fields.join(' ')}\n`), {
    pid: 42,
    name: 'a) (b c',
    state: 'S',
    threads: 20,
    jiffies: 29,
    residentPages: 24,
  });
  assert.equal(readProcessStat('nonsense'), undefined);
});
