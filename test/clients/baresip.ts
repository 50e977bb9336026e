import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeOffset } from '../support/free-ports.ts';
import type { ServerUnderTest } from '../support/server-under-test.ts';
import { ConsoleProgram } from './console-program.ts';
import { PASSWORD } from './people.ts';
import { escaped, type Softphone, type SoftphoneOptions, serverUri, uriOf } from './softphone.ts';

/** Debian's folder of its modules, by architecture or not. */
const MODULES = ['/usr/lib/baresip/modules', '/usr/lib/x86_64-linux-gnu/baresip/modules'].find((path) =>
  existsSync(path),
);

/** A person with baresip, which is worked by its standard input; its sound goes nowhere. */
export class Baresip implements Softphone {
  readonly address: string;
  #town: ServerUnderTest;
  #options: SoftphoneOptions;
  #home = mkdtempSync(join(tmpdir(), 'baresip-'));
  #program: ConsoleProgram | undefined;

  constructor(town: ServerUnderTest, name: string, options: SoftphoneOptions) {
    this.address = `${name}@${town.domain}`;
    this.#town = town;
    this.#options = options;
  }

  async signIn(): Promise<void> {
    await this.#configure();
    this.#program = new ConsoleProgram({ command: 'baresip', arguments: ['-f', this.#home] });
    // A password with spaces cannot be said in its file of accounts.
    await this.#shows('asks for the password', /Please enter password for /);
    this.#type(PASSWORD);
    await this.#shows('is registered', /All 1 useragent registered successfully/);
  }

  message(_to: string, text: string): void {
    // It has one current contact, and writes to that.
    this.#type(`/message ${text}`);
  }

  async expectMessage(from: string, text: string): Promise<void> {
    await this.#shows(`shows '${text}'`, new RegExp(`${uriOf(from)}: "${escaped(text)}"`));
  }

  /** It shows why a message was not taken. */
  async expectRefusal(): Promise<void> {
    await this.#shows('is told that it was not taken', /(?<!\d)[4-6]\d\d [A-Z]\w+/);
  }

  /** It tells of changes only; the list has what was there before. */
  async expectPresence(contact: string, presence: 'Online' | 'Offline'): Promise<void> {
    const listed = new RegExp(`${presence}\\s+\\S+ <sip:${escaped(contact)}>`);
    const asking = setInterval(() => this.#type('/contacts'), 500);
    this.#type('/contacts');
    try {
      await this.#shows(`shows ${contact} ${presence}`, listed);
    } finally {
      clearInterval(asking);
    }
    this.#running.forget();
  }

  publish(presence: 'online' | 'offline'): void {
    this.#type(`/presence_${presence}`);
  }

  dial(to: string): void {
    this.#type(`/dial sip:${to}`);
  }

  async expectCall(peer: string): Promise<void> {
    await this.#shows(`is in a call with ${peer}`, new RegExp(`Call established: ${uriOf(peer)}`));
  }

  async expectSound(): Promise<void> {
    await this.#shows('hears something', /incoming rtp for 'audio' established/);
  }

  hangUp(): void {
    this.#type('/hangup');
  }

  async expectEndOfCall(peer: string): Promise<void> {
    await this.#shows('is told the end of the call', new RegExp(`${uriOf(peer)}( terminated|: session closed)`));
  }

  async expectCallRefused(status: number): Promise<void> {
    await this.#shows(`is told ${status}`, new RegExp(`session closed: ${status}`));
  }

  async quit(): Promise<void> {
    this.#type('/quit');
    await this.#running.ended();
    this.#program = undefined;
  }

  /** Without taking leave. */
  async kill(): Promise<void> {
    await this.#program?.kill();
    this.#program = undefined;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 3 });
  }

  get shown(): string {
    return this.#program?.shown ?? '';
  }

  get #running(): ConsoleProgram {
    if (this.#program === undefined) throw new Error('baresip does not run');
    return this.#program;
  }

  #type(line: string): void {
    this.#running.type(line);
  }

  #shows(what: string, pattern: RegExp): Promise<unknown> {
    return this.#running.expect(what, pattern);
  }

  async #configure(): Promise<void> {
    if (MODULES === undefined) throw new Error('baresip has no modules here');
    const write = (file: string, lines: readonly string[]) =>
      writeFileSync(join(this.#home, file), `${lines.join('\n')}\n`);
    const { contacts = [], answers = false, transport } = this.#options;
    // TLS gets the port after the one that is named.
    const port = await freeOffset([0, 1]);
    const modules = ['stdio', 'g711', 'aubridge', 'uuid'].map((name) => `module ${name}.so`);
    const applications = ['account', 'contact', 'menu', 'presence'].map((name) => `module_app ${name}.so`);
    write('config', [
      `module_path ${MODULES}`,
      `sip_listen ${this.#town.host}:${port}`,
      // Of two programs on one machine, one plays what the other records.
      ...['audio_player', 'audio_source', 'audio_alert'].map((key) => `${key} aubridge,nil`),
      ...modules,
      ...applications,
    ]);
    const [user] = this.address.split('@');
    const outbound = `outbound="${serverUri(this.#town, transport)}"`;
    const answer = answers ? ';answermode=auto' : '';
    write('accounts', [
      `<sip:${this.address};transport=${transport}>;auth_user=${user};${outbound};regint=600;pubint=600${answer}`,
    ]);
    write(
      'contacts',
      contacts.map((name) => `"${name}" <sip:${name}@${this.#town.domain}>;presence=p2p`),
    );
  }
}
