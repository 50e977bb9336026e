/**
 * What an administrator types, on a real server: the shapes that scripts read, services that are really closed and
 * opened, a store and a log that are looked into, and the prompt on a pipe and on a terminal.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freeOffset } from './support/free-ports.ts';

const ROLLCALL = join(import.meta.dirname, '../bin/rollcall');
const PORTS = [5222, 5223, 5060, 5061, 5280, 5281, 8443];
const folder = mkdtempSync(join(tmpdir(), 'command-line-'));
const data = join(folder, 'data');
const env = { ...process.env, ROLLCALL_DATA: data };
let server: ChildProcess;
let ports: Record<string, number>;

before(async () => {
  const offset = await freeOffset(PORTS);
  const args = ['start', '--json', '--domain', 'chat.example', '--port-offset', `${offset}`];
  server = spawn(ROLLCALL, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  for await (const chunk of server.stdout!) {
    out += chunk;
    if (out.endsWith('\n}\n')) break;
  }
  ({ ports } = JSON.parse(out));
});
after(async () => {
  if (server.exitCode === null) {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

async function rollcall(args: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(ROLLCALL, args, { cwd: folder, env });
  const texts = [child.stdout, child.stderr].map((stream) => {
    const chunks: string[] = [];
    stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
    return chunks;
  });
  child.stdin.on('error', () => undefined).end(input);
  const [code] = await once(child, 'close');
  return { code, out: texts[0]!.join(''), err: texts[1]!.join('') };
}

/** What a line of words prints. */
async function typed(line: string): Promise<string> {
  const { code, out, err } = await rollcall(line.split(' '));
  assert.deepEqual([code, err], [0, ''], `${line}: ${out}`);
  return out;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => socket.destroy()).setTimeout(5000, () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });
}

const host = hostname().split('.')[0]!.replaceAll('.', '\\.');
const DATE = String.raw`\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \S+ \d{4}`;

const shapes: [line: string, shape: RegExp][] = [
  [
    'show version active',
    /^Active Master Version: \d+\.\d+\.\d+\.\d{5}-\d+\nActive Version Installed Software Options:\nNo Installed Software Options Found\.\n$/,
  ],
  [
    'show status',
    new RegExp(`^Host Name +: \\S+\nDate +: ${DATE}\nTime Zone +: \\S+\nLocale +: \\S+\nProduct Ver +: \\d`),
  ],
  ['show status', /\nCPU Idle: +\d+\.\d\d% +System: +\d+\.\d\d% +User: +\d+\.\d\d%\n +IOWAIT: +\d+\.\d\d% /],
  ['show status', /\nMemory Total: +\d+K\n +Free: +\d+K\n +Used: +\d+K\n/],
  ['show status', /\n +Total +Free +Used\nDisk\/active +\d+K +\d+K +\d+K \(\d+%\)\nDisk\/logging +\d+K/],
  ['show network lo detail', /^Ethernet lo\n.*\nIP Address +: 127\.0\.0\.1 +IP Mask +: 255\.0\.0\.0\n/],
  [
    'show network cluster',
    new RegExp(
      `^\\S+ \\S+ ${host} Publisher cups DBPub authenticated\n\nServer Table \\(processnode\\) Entries\n-{34}\n\\S+\n\nSuccessful\n$`,
    ),
  ],
  ['show process load', /\nPID +S +Threads +%CPU +Time +Memory +Command\n(.*\n)*.*\(this server\)\n/],
  ['show cert list own', /^chat\.example\/certificate\.pem: Self-signed certificate\n.*CN=chat\.example\n/],
  ['show cert list own', /\n +SHA-256 +([0-9A-F]{2}:){31}[0-9A-F]{2}\n$/],
  ['show tech dbintegrity', /^The store is whole; it was read in \d+ ms\.\n\nok\n$/],
  [
    'utils service list',
    /^Requesting service status, please wait\.\.\.\n(.+\[(STARTED|STOPPED)\]( .*)?\n)+Primary Node =true\n$/,
  ],
  ['utils service list', /\nCisco XCP Text Conference Manager\[STOPPED\] {2}Service Not Activated\n/],
  [
    'utils dbreplication runtimestate',
    new RegExp(
      `^Server Time: ${DATE}\n\nCluster Replication State: Replication status command started at: \\d{4}(-\\d\\d){4}\n` +
        ' +Replication status command COMPLETED\\. Checked (\\d+) tables out of \\2\n',
    ),
  ],
  [
    'utils dbreplication runtimestate',
    new RegExp(`\n${host} +[\\d.:a-f]+ +\\d+\\.\\d{3} +Y/Y/Y +0 +\\(g_\\d+\\) +\\(2\\) Setup Completed\n$`),
  ],
  [
    'utils ha status',
    new RegExp(
      `^Subcluster Name: DefaultCUPSubcluster\n {4}Node 1 Name : ${host} State: Unknown Reason: High Availability Not Enabled\n$`,
    ),
  ],
  ['utils diagnose test', /\ntest - service_manager +: Passed\n/],
  ['utils diagnose test', /\nskip - store_integrity +: This module must be run directly and off hours\n/],
  ['utils diagnose module store_integrity', /\ntest - store_integrity +: Passed\n/],
  ['utils core active list', /^(No core files found|Size +Date +Core File Name)/],
  ['show perf list counters', /^Cisco XCP CM\n {4}CmConnectedSockets\n/],
];

test('what is printed has the shapes that scripts read', async () => {
  const printed = new Map<string, string>();
  for (const [line, shape] of shapes) {
    if (!printed.has(line)) printed.set(line, await typed(line));
    assert.match(printed.get(line)!, shape, line);
  }
  const counted = await rollcall(['show', 'perf', 'query', 'counter', 'Cisco XCP CM', 'CmConnectedSockets']);
  assert.match(
    counted.out,
    /^- query counter :\n\n- Perf class \(Cisco XCP CM\) has instances and values:\n +-> CmConnectedSockets += 0\n$/,
  );
});

test('each is JSON with --json, with times as epoch milliseconds', async () => {
  const status = JSON.parse((await rollcall(['show', 'status', '--json'])).out);
  assert.ok(Math.abs(status.now - Date.now()) < 600_000);
  const [certificate] = JSON.parse((await rollcall(['show', 'cert', 'list', 'own', '--json'])).out);
  assert.ok(certificate.notAfter > Date.now());
});

test('a service is really closed and opened again, and the rest goes on', async () => {
  const services: [name: string, port: string][] = [
    ['Cisco XCP Connection Manager', 'xmpp'],
    ['Cisco SIP Proxy', 'sip'],
    ['Cisco Tomcat', 'https'],
    ['Cisco RIS Data Collector', 'http'],
  ];
  for (const [name, port] of services) {
    const line = (verb: string) => typed(`utils service ${verb} ${name}`);
    assert.ok(await answers(ports[port]!), name);
    assert.equal(await line('stop'), `${name}[STOPPED]  Commanded Out of Service\n`);
    assert.ok(!(await answers(ports[port]!)), name);
    const tested = await rollcall(['utils', 'diagnose', 'module', 'service_manager']);
    assert.deepEqual([tested.code, tested.out.includes(`Failed: closed: ${port}\n`)], [1, true]);
    assert.match(await typed('utils service list'), new RegExp(`\n${name}\\[STOPPED\\] {2}Commanded Out of Service\n`));
    assert.equal(await line('start'), `${name}[STARTED]\n`);
    assert.ok(await answers(ports[port]!), name);
    assert.equal(await line('restart'), `${name}[STARTED]\n`);
    assert.ok(await answers(ports[port]!), name);
  }
});

test('two that restart a service at once both find it open at the end', async () => {
  const restart = () => rollcall(['utils', 'service', 'restart', 'Cisco SIP Proxy']);
  const both = await Promise.all([restart(), restart(), restart()]);
  for (const { code, out } of both) assert.deepEqual([code, out], [0, 'Cisco SIP Proxy[STARTED]\n']);
  assert.ok(await answers(ports.sip!));
});

test('what is no service by itself is not stopped, with the reason', async () => {
  const stop = async (name: string) => (await rollcall(['utils', 'service', 'stop', name])).err;
  assert.match(await stop('A Cisco DB'), /part of the whole.*utils system shutdown/);
  assert.match(await stop('Cisco XCP Router'), /part of the whole/);
  assert.match(await stop('Cisco XCP Text Conference Manager'), /is nothing here: There are no rooms yet/);
  assert.match(await stop('Cisco SIP Proxi'), /did you mean Cisco SIP Proxy\?/);
});

test('the store answers a SELECT, and shows neither keys nor changes', async () => {
  const sql = (statement: string) => rollcall(['run', 'sql', statement]);
  assert.match(
    (await sql('select address, admin from accounts')).out,
    /^address +admin\n=+ +=+\nadmin@chat\.example +1\n$/,
  );
  assert.match((await sql('select * from credentials')).err, /credentials\.\w+ is not shown to anybody/);
  assert.match((await sql('delete from accounts')).err, /only a SELECT is run/);
});

test('the log is in files that are listed, shown and got, and no name leads out of their folder', async () => {
  assert.match(await typed('file list activelog'), new RegExp(`\n${DATE} +\\d+ +rollcall\\.log\n`));
  assert.match(await typed('file list activelog nothing*'), /^No files were found/);
  assert.match(await typed('file view activelog rollcall.log'), /"msg":"the server is ready"/);
  assert.equal((await typed('file tail activelog rollcall.log 1')).trim().split('\n').length, 1);
  symlinkSync('../secret', join(data, 'logs', 'link'));
  for (const name of ['../secret', '/etc/passwd', 'link', '..']) {
    assert.match((await rollcall(['file', 'view', 'activelog', name])).err, /the log has no file/, name);
  }
  assert.match(await typed(`file get activelog rollcall.log ${folder}`), /: \d+ bytes\n$/);
  assert.ok(readFileSync(join(folder, 'rollcall.log'), 'utf8').length > 0);
  const again = await rollcall(['file', 'get', 'activelog', 'rollcall.log', folder]);
  assert.match(again.err, /is there already/);
});

test('what has no meaning here says what to use, and what is unknown says so', async () => {
  const restart = await rollcall(['utils', 'system', 'restart']);
  assert.equal(restart.code, 1);
  assert.match(restart.err, /systemctl restart rollcall/);
  const unknown = await rollcall(['show', 'nonsense']);
  assert.deepEqual([unknown.code, unknown.err], [2, 'rollcall: No valid command entered: show nonsense\n']);
  const begun = await rollcall(['utils', 'service']);
  assert.deepEqual([begun.code, begun.err], [2, 'rollcall: utils service goes on: list, restart, start, stop\n']);
  assert.match((await rollcall(['utils', '--help'])).out, /utils service start <name\.\.\.> +start a service/);
});

test('lines from a pipe are run in their order; the exit code is that of the first that failed', async () => {
  const lines = ['# a comment', 'utils ha status', 'nonsense', 'user list', 'show version active --json', 'exit', 'no'];
  const all = await rollcall(['cli', '--echo'], `${lines.join('\n')}\n`);
  assert.equal(all.code, 2);
  assert.match(all.out, /^admin:# a comment\nadmin:utils ha status\nSubcluster Name: /);
  assert.match(
    all.out,
    /\nadmin:nonsense\nNo valid command entered\nadmin:user list\nadmin@chat\.example +administrator\n/,
  );
  assert.match(all.out, /\nadmin:show version active --json\n\{\n {2}"release": "\S+",\n(.*\n)*\}\nadmin:exit\n$/);
  const stopped = await rollcall(['cli', '--stop-on-error'], 'utils system restart\nshow status\n');
  assert.equal(stopped.code, 1);
  assert.doesNotMatch(stopped.out, /Host Name/);
  const help = await rollcall(['cli'], 'utils ha ?\nshow network lo ?\n');
  assert.match(help.out, / {2}status +whether nodes stand in for each other\n {2}detail /);
  assert.equal((await rollcall(['cli'], '')).code, 0);
});

test('the transcript in the documents is what is printed', async () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/operations/command-line.md'), 'utf8');
  const transcript = /^```text\n(.*?)^```$/ms.exec(page)![1]!;
  const lines = [...transcript.matchAll(/^admin:(.*)$/gm)].map(([, line]) => line);
  const { out } = await rollcall(['cli', '--echo'], `${lines.join('\n')}\n`);
  const pattern = transcript.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('\\{any\\}', '[^\\n]+');
  assert.match(out, new RegExp(`^${pattern}$`));
});

test('on a terminal Tab completes, ? helps at once, long outputs come in pages, and Ctrl-C leaves the prompt', {
  timeout: 120_000,
}, async (t) => {
  assert.ok(existsSync('/usr/bin/script'), 'script(1) is missing: apt-get install bsdutils');
  const command = `stty rows 12 cols 80; exec ${ROLLCALL} cli`;
  const child = spawn('/usr/bin/script', ['-qefc', command, '/dev/null'], { cwd: folder, env });
  t.after(() => child.kill('SIGKILL'));
  let shown = '';
  let look: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    shown += chunk;
    look();
  });
  child.on('exit', () => look());
  /** Waits for what is shown from here on, then forgets it. */
  const expect = async (wanted: RegExp) => {
    while (!wanted.test(shown)) {
      assert.equal(child.exitCode, null, `${wanted} never came: ${JSON.stringify(shown)}`);
      await new Promise<void>((resolve) => {
        look = resolve;
      });
    }
    shown = '';
  };
  const type = (keys: string) => child.stdin.write(keys);
  await expect(/Command Line Interface is starting up.*Welcome to the Platform Command Line Interface.*admin:/s);
  // What comes at once counts as pasted, and in that Tab is a character like any other.
  for (const [beginning, rest] of [
    ['sho', /w $/],
    ['ver', /sion $/],
    ['act', /ive$/],
  ] as const) {
    type(beginning);
    await expect(new RegExp(`${beginning}$`));
    type('\t');
    await expect(rest);
  }
  type('\r');
  await expect(/Active Master Version: \d.*admin:/s);
  type('utils ha st?');
  await expect(/\n {2}status +whether nodes stand in for each other\r\n.*admin:utils ha st/s);
  type('atus\r');
  await expect(/High Availability Not Enabled.*admin:/s);
  type('show status\r');
  await expect(/Host Name.*Press space for the next page/s);
  type(' ');
  await expect(/Memory Total.*Press space/s);
  type('q');
  await expect(/admin:/);
  type('half a line\u0003');
  await expect(/\^C\r\n.*admin:/s);
  type('user list\r');
  await expect(/admin@chat\.example.*admin:/s);
  type('\u001b[A');
  await expect(/user list/);
  type('\u0015quit\r');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  const history = join(data, 'cli_history');
  assert.equal(readFileSync(history, 'utf8'), 'show version active\nutils ha status\nshow status\nuser list\n');
  assert.equal(statSync(history).mode & 0o777, 0o600);
});

test('a server that does not run says so, and what needs none works on its data folder', async () => {
  const down = await rollcall(['utils', 'system', 'shutdown']);
  assert.deepEqual([down.code, down.err], [0, '']);
  if (server.exitCode === null) await once(server, 'exit');
  assert.equal(server.exitCode, 0);
  assert.match(
    (await rollcall(['utils', 'service', 'list'])).out,
    /\nCisco SIP Proxy\[STOPPED\] {2}Server Not Running\n/,
  );
  assert.match((await rollcall(['utils', 'service', 'start', 'Cisco SIP Proxy'])).err, /no server runs/);
  assert.match((await rollcall(['show', 'version', 'active'])).out, /^Active Master Version: /);
  assert.match((await rollcall(['utils', 'diagnose', 'module', 'service_manager'])).out, /Failed: no server runs/);
});
