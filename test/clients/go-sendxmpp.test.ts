import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ServerUnderTest } from '../support/server-under-test.ts';
import { until } from '../support/until.ts';
import { missingPackages } from './debian.ts';
import { PASSWORD, startTown } from './people.ts';
import { SlixmppPerson } from './slixmpp-person.ts';

const ROMEO = 'romeo@example.test';
const JULIET = 'juliet@example.test';

const skip = (await missingPackages('go-sendxmpp', 'python3-slixmpp')) ?? false;

describe('Romeo with go-sendxmpp', { skip, timeout: 180_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), 'go-sendxmpp-'));
  let town: ServerUnderTest;
  let juliet: SlixmppPerson;

  before(async () => {
    town = await startTown('romeo', 'juliet');
    juliet = await SlixmppPerson.signIn(town, 'juliet', 'starttls');
  });
  after(async () => {
    await juliet?.signOut();
    await town?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  for (const tls of ['starttls', 'direct'] as const) {
    test(`writes to Juliet over ${tls} (RFC 6121 §5)`, async () => {
      const program = goSendxmpp(town, home, tls, JULIET);
      program.child.stdin?.end(`Courage, man <over ${tls}> & more\n`);
      const [code] = await once(program.child, 'exit');
      assert.equal(code, 0, program.output());
      await juliet.expect('gets it', ({ body, sender }) => {
        return sender === ROMEO && body?.trim() === `Courage, man <over ${tls}> & more`;
      });
    });
  }

  test('gets what waited for him, then what is said to him (XEP-0160, RFC 6121 §5)', async () => {
    juliet.command({ do: 'message', to: ROMEO, body: 'It was the nightingale' });
    await juliet.settle();
    const program = goSendxmpp(town, home, 'starttls', '--listen');
    try {
      await shows(program, 'It was the nightingale');
      juliet.command({ do: 'message', to: ROMEO, body: 'and not the lark' });
      await shows(program, 'and not the lark');
    } finally {
      program.child.kill();
    }
  });
});

interface Program {
  child: ChildProcess;
  output: () => string;
}

function goSendxmpp(town: ServerUnderTest, home: string, tls: 'starttls' | 'direct', ...args: string[]): Program {
  const port = tls === 'direct' ? town.ports.c2sDirectTls : town.ports.c2s;
  const account = ['-u', ROMEO, '-p', PASSWORD, '-j', `${town.host}:${port}`, '--no-tls-verify'];
  const child = spawn('go-sendxmpp', [...account, ...(tls === 'direct' ? ['--tls'] : []), ...args], {
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return { child, output: () => output };
}

function shows(program: Program, text: string): Promise<boolean> {
  return until(`go-sendxmpp shows '${text}'`, () => program.output().includes(text), { explain: program.output });
}
