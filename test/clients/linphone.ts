import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../support/free-ports.ts';
import type { ServerUnderTest } from '../support/server-under-test.ts';
import { until } from '../support/until.ts';
import { ConsoleProgram } from './console-program.ts';
import { PASSWORD } from './people.ts';
import { escaped, type Softphone, type SoftphoneOptions, serverUri, uriOf } from './softphone.ts';

/** A person with linphonec, the linphone of consoles. */
export class Linphone implements Softphone {
  readonly address: string;
  #town: ServerUnderTest;
  #options: SoftphoneOptions;
  #home = mkdtempSync(join(tmpdir(), 'linphone-'));
  #program: ConsoleProgram | undefined;

  constructor(town: ServerUnderTest, name: string, options: SoftphoneOptions) {
    this.address = `${name}@${town.domain}`;
    this.#town = town;
    this.#options = options;
    // Without a place for its database it ends at the first message.
    mkdirSync(join(this.#home, '.local/share/linphone'), { recursive: true });
  }

  async signIn(): Promise<void> {
    rmSync(join(this.#home, 'log'), { force: true });
    const configuration = join(this.#home, 'linphonerc');
    writeFileSync(configuration, await this.#configuration());
    this.#program = new ConsoleProgram({
      command: 'linphonec',
      arguments: ['-c', configuration, '-d', '5', '-l', join(this.#home, 'log')],
      environment: { HOME: this.#home, XDG_DATA_HOME: join(this.#home, '.local/share'), LC_ALL: 'C.UTF-8' },
    });
    await this.#program.expect('starts', /linphonec>/);
    const asking = setInterval(() => this.#program?.type('status register'), 300);
    try {
      await this.#program.expect('is registered', new RegExp(`registered, identity=sip:${escaped(this.address)}`));
    } finally {
      clearInterval(asking);
    }
  }

  message(to: string, text: string): void {
    this.#running.type(`chat sip:${to} ${text}`);
  }

  async expectMessage(from: string, text: string): Promise<void> {
    const pattern = new RegExp(`Message received from <?${uriOf(from)}>?: ${escaped(text)}`);
    await this.#running.expect(`shows '${text}'`, pattern);
  }

  /** It says so in its log alone. */
  async expectRefusal(): Promise<void> {
    await until('linphonec is told that a message was not taken', () => /NotDelivered/.test(this.#log));
  }

  async expectPresence(contact: string, presence: 'Online' | 'Offline'): Promise<void> {
    const pattern = new RegExp(`Friend .*<sip:${escaped(contact)}> is ${presence}`);
    await this.#running.expect(`shows ${contact} ${presence}`, pattern);
  }

  async quit(): Promise<void> {
    this.#running.type('quit');
    await this.#running.ended();
    this.#program = undefined;
  }

  async remove(): Promise<void> {
    await this.#program?.kill();
    this.#program = undefined;
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 3 });
  }

  get #log(): string {
    return readFileSync(join(this.#home, 'log'), 'utf8');
  }

  get #running(): ConsoleProgram {
    if (this.#program === undefined) throw new Error('linphonec does not run');
    return this.#program;
  }

  async #configuration(): Promise<string> {
    const [udp, tcp, tls] = await freePorts(3);
    const { transport, contacts = [] } = this.#options;
    const { domain } = this.#town;
    const [user] = this.address.split('@');
    const server = serverUri(this.#town, transport);
    const sections: Record<string, Record<string, string | number>> = {
      sip: {
        sip_port: udp!,
        sip_tcp_port: tcp!,
        sip_tls_port: tls!,
        default_proxy: 0,
        register_only_when_network_is_up: 0,
        verify_server_certs: 0,
        verify_server_cn: 0,
        media_encryption: 'none',
        publish_presence: 1,
      },
      lime: { enabled: 0 },
      auth_info_0: { username: user!, userid: user!, passwd: PASSWORD, realm: domain, domain },
      proxy_0: {
        reg_proxy: `<${server}>`,
        reg_route: `<${server};lr>`,
        reg_identity: `sip:${this.address}`,
        reg_expires: 600,
        reg_sendregister: 1,
        publish: 1,
        publish_expires: 600,
        quality_reporting_enabled: 0,
      },
      ...Object.fromEntries(
        contacts.map((name, i) => [
          `friend_${i}`,
          { url: `"${name}" <sip:${name}@${domain}>`, pol: 'accept', subscribe: 1 },
        ]),
      ),
    };
    return Object.entries(sections)
      .map(
        ([name, values]) =>
          `[${name}]\n${Object.entries(values)
            .map((pair) => pair.join('='))
            .join('\n')}\n`,
      )
      .join('\n');
  }
}
