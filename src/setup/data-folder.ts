/**
 * The data folder: all that makes a server the server it is. Whoever can read it can be the server, so it is its
 * owner's alone (0700, files 0600).
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { prepareDomain } from '#precis/domain.ts';
import { createFile, replaceFile } from './files.ts';
import { selfSigned } from './self-signed.ts';

export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  /** The domain that the server was made for; it stays. */
  readonly domain: string;
  /** 32 random bytes, the same at every start. */
  readonly secret: Uint8Array;
  readonly settingsFile: string;
  /** The socket of the running server. */
  readonly controlSocket: string;
  /** Holds a folder for each domain, with `key.pem` and `certificate.pem` (the chain, the server's own first). */
  readonly tlsFolder: string;
  /** The embedded store's file. */
  readonly storeFile: string;
}

const SECRET_BYTES = 32;
/** What identifies a folder as ours, and which layout it has. */
const IDENTITY = 'server.json';
const LAYOUT = 1;
const identitySchema = z.object({ layout: z.number(), domain: z.string(), createdAt: z.number() });

/** @throws {Failure} 'not-found' when there is none; 'not-acceptable' when the folder is of a newer release */
export function openDataFolder(given: string): DataFolder {
  const path = resolve(given);
  const identity = readIdentity(path);
  if (identity === undefined) {
    throw new Failure('not-found', `${path} holds no server yet; make one with "rollcall start --data ${given}"`);
  }
  const secret = readFileSync(join(path, 'secret'));
  if (secret.length !== SECRET_BYTES)
    throw new Failure('malformed', `${join(path, 'secret')} is damaged; restore it from a backup`);
  return { ...places(path), domain: identity.domain, secret };
}

/**
 * Opens the data folder, and makes what is missing in it: the second time that is nothing.
 * @param domain  what the server is called; default the machine's name, or what the folder was made for
 * @param template  the first settings file
 * @param now  epoch milliseconds
 * @throws {Failure} 'conflict' when the folder was made for another domain, or is somebody else's
 */
export function makeDataFolder(given: string, domain: string | undefined, template: string, now: number): DataFolder {
  const path = resolve(given);
  const wanted = domain === undefined ? undefined : prepareDomain(domain);
  if (readIdentity(path) === undefined) {
    makeFolder(path);
    const content: z.infer<typeof identitySchema> = {
      layout: LAYOUT,
      domain: wanted ?? machineDomain(),
      createdAt: now,
    };
    createFile(join(path, IDENTITY), `${JSON.stringify(content, undefined, 2)}\n`);
  }
  const identity = readIdentity(path)!;
  if (wanted !== undefined && wanted !== identity.domain) {
    throw new Failure(
      'conflict',
      `${path} belongs to the server of ${identity.domain}, and stays so; for ${wanted} name another folder with --data`,
    );
  }
  const { settingsFile, tlsFolder } = places(path);
  if (!existsSync(join(path, 'secret'))) createFile(join(path, 'secret'), randomBytes(SECRET_BYTES));
  if (!existsSync(settingsFile)) createFile(settingsFile, template);
  makeCertificate(join(tlsFolder, identity.domain), identity.domain, now);
  return openDataFolder(path);
}

/** The machine's name where it can be a domain, else `localhost`. */
export function machineDomain(name = hostname()): string {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  const isDomain = labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
  // A last label of digits would read as an IP address (RFC 1123 §2.1).
  if (!isDomain || /^\d+$/.test(labels.at(-1)!)) return 'localhost';
  try {
    return prepareDomain(labels.join('.'));
  } catch {
    return 'localhost';
  }
}

function places(path: string): Pick<DataFolder, 'path' | 'settingsFile' | 'controlSocket' | 'tlsFolder' | 'storeFile'> {
  return {
    path,
    settingsFile: join(path, 'settings.yaml'),
    controlSocket: join(path, 'control.sock'),
    tlsFolder: join(path, 'tls'),
    storeFile: join(path, 'rollcall.db'),
  };
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (readdirSync(path).some((name) => !name.startsWith(IDENTITY))) {
      throw new Failure('conflict', `${path} is not empty and holds no server; name a new folder with --data`);
    }
    chmodSync(path, 0o700);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { message } = error as Error;
    throw new Failure('forbidden', `the data folder ${path} cannot be made: ${message}; name another with --data`, {
      cause: error,
    });
  }
}

function readIdentity(path: string): z.infer<typeof identitySchema> | undefined {
  const file = join(path, IDENTITY);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Failure('forbidden', `${file} cannot be read: ${message}; run this as the owner of the folder`, {
      cause: error,
    });
  }
  const read = identitySchema.safeParse(parseJson(text));
  if (!read.success) throw new Failure('malformed', `${file} is damaged; restore it from a backup`);
  if (read.data.layout > LAYOUT) {
    throw new Failure(
      'not-acceptable',
      `${path} is of a newer release; run that release, or restore a backup of this one's`,
    );
  }
  return read.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function makeCertificate(folder: string, domain: string, now: number): void {
  if (existsSync(join(folder, 'certificate.pem'))) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Certificates name domains in ASCII (RFC 5280 §7.2).
  // A key that is there without its certificate is of a start that broke off.
  const { key, certificate } = selfSigned([domainToASCII(domain)], now);
  replaceFile(join(folder, 'key.pem'), key);
  createFile(join(folder, 'certificate.pem'), certificate, 0o644);
}
