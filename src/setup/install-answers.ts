/** What an installation has to be told: by a person, question by question, or by a file of answers. */
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { nearest } from '#base/nearest.ts';
import { prepareDomain } from '#precis/domain.ts';
import { machineDomain } from './data-folder.ts';

/** How much of a file is read before it is taken for something else. */
const MAX_FILE_BYTES = 65_536;

const hostName = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'it is no host name');
const node = z
  .string()
  .max(253)
  .regex(
    /^[A-Za-z]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9-]{1,63})*$/,
    'a node is called by letters, digits and hyphens, a letter first',
  );
const port = z.int().min(1).max(65_535);
const secret = z.union([z.string(), z.strictObject({ file: z.string().min(1) })]);
const SECURITY_PASSWORD = /^[A-Za-z0-9][A-Za-z0-9_-]{5,63}$/;
const SECURITY_RULE =
  'it has 6 to 64 characters, begins with a letter or digit, and holds only letters, digits, hyphens and underscores';
const releaseLine = z
  .string()
  .regex(/^\d{1,3}\.\d{1,3}$/, 'write a major and a minor release, such as "9.0", in quotes');
const domain = z.string().min(1).max(1023).refine(isDomain, 'it is no domain name');

const common = {
  /** What people's addresses end with; default: the machine's name. */
  domain: domain.optional(),
  /** This node's host name; default: the machine's. */
  node: node.optional(),
  releaseLine: releaseLine.default('9.0'),
  securityPassword: secret,
};

const callManager = z.strictObject({
  /** Host name of the Unified CM publisher. */
  host: hostName,
  /** Its IP address, for networks without DNS. */
  address: z
    .string()
    .refine((text) => isIP(text) !== 0, 'it is no IP address')
    .optional(),
  port: port.default(8443),
  user: z.string().min(1).max(128),
  password: secret,
  /** SHA-256 of its certificate, where no authority vouches for that. */
  fingerprint: z
    .string()
    .regex(/^[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}$/, 'it is no SHA-256 fingerprint of 64 hexadecimal digits')
    .optional(),
});

const publisherSchema = z.strictObject({
  ...common,
  role: z.literal('publisher'),
  callManager: z.union([z.literal('embedded'), callManager]),
  /** Addresses or names of NTP servers. */
  ntp: z.array(z.string().min(1).max(300)).max(10).default([]),
  /** Whether the setup is finished at once. */
  finish: z.boolean().default(false),
});

const subscriberSchema = z.strictObject({
  ...common,
  role: z.literal('subscriber'),
  publisher: z.strictObject({ host: z.union([hostName, z.ipv6()]), port: port.default(8444) }),
});

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  publisher: Object.keys(publisherSchema.shape),
  subscriber: Object.keys(subscriberSchema.shape),
  'publisher callManager': Object.keys(callManager.shape),
  'subscriber publisher': Object.keys(subscriberSchema.shape.publisher.shape),
};

export interface CallManagerAnswers {
  readonly host: string;
  readonly address?: string | undefined;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly fingerprint?: string | undefined;
}

interface Common {
  readonly domain: string;
  readonly node: string;
  readonly releaseLine: string;
  readonly securityPassword: string;
}

export interface PublisherAnswers extends Common {
  readonly role: 'publisher';
  readonly callManager: 'embedded' | CallManagerAnswers;
  readonly ntp: readonly string[];
  readonly finish: boolean;
}

export interface SubscriberAnswers extends Common {
  readonly role: 'subscriber';
  readonly publisher: { readonly host: string; readonly port: number };
}

export type Answers = PublisherAnswers | SubscriberAnswers;

/** What is wrong with answers: each a sentence with its place. */
export class AnswerProblems extends Failure {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super('malformed', problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Reads a file of answers, YAML or JSON; a password may be `{ file: path }`, relative to that file.
 * @throws {AnswerProblems} with all that is wrong in it; secrets are not shown
 */
export function readAnswers(path: string): Answers {
  const read = (file: string) => {
    try {
      if (statSync(file).size > MAX_FILE_BYTES) throw new Error(`it is larger than ${MAX_FILE_BYTES} bytes`);
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw new AnswerProblems([`${file} cannot be read: ${(error as Error).message}`]);
    }
  };
  let given: unknown;
  const source = read(path);
  try {
    given = parse(source, { maxAliasCount: 0, prettyErrors: false });
  } catch (error) {
    throw new AnswerProblems([`${path} is neither YAML nor JSON: ${(error as Error).message}`]);
  }
  const firstLine = (file: string) => read(resolve(dirname(path), file)).split(/\r?\n/, 1)[0]!;
  return checkAnswers(given, firstLine);
}

/**
 * @param given as parsed, or as a person has put it together
 * @param firstLine of a file with a password
 * @throws {AnswerProblems}
 */
export function checkAnswers(given: unknown, firstLine: (file: string) => string): Answers {
  const { role } = (given ?? {}) as { role?: unknown };
  if (role !== 'publisher' && role !== 'subscriber')
    throw new AnswerProblems(['role: it is to be publisher, for the first node, or subscriber']);
  const checked = (role === 'publisher' ? publisherSchema : subscriberSchema).safeParse(given);
  if (!checked.success) throw new AnswerProblems(checked.error.issues.flatMap((issue) => sentences(issue, role)));
  const { data } = checked;
  const problems: string[] = [];
  const opened = (value: z.infer<typeof secret>, place: string, isRight: (text: string) => boolean, rule: string) => {
    const text = typeof value === 'string' ? value : firstLine(value.file);
    if (!isRight(text)) problems.push(`${place}: ${rule}`);
    return text;
  };
  const securityPassword = opened(
    data.securityPassword,
    'securityPassword',
    (text) => SECURITY_PASSWORD.test(text),
    SECURITY_RULE,
  );
  const whole = {
    domain: prepareDomain(data.domain ?? machineDomain()),
    node: (data.node ?? machineName()).toLowerCase(),
    releaseLine: data.releaseLine,
    securityPassword,
  };
  let answers: Answers;
  if (data.role === 'subscriber') answers = { ...whole, role: 'subscriber', publisher: data.publisher };
  else {
    const manager = data.callManager;
    const { role, ntp, finish } = data;
    answers = {
      ...{ ...whole, role, ntp, finish },
      callManager:
        manager === 'embedded'
          ? manager
          : {
              ...manager,
              password: opened(manager.password, 'callManager.password', (text) => text !== '', 'it is empty'),
            },
    };
  }
  if (problems.length > 0) throw new AnswerProblems(problems);
  return answers;
}

/** This machine's name where it may name a node. */
export function machineName(): string {
  const name = hostname();
  return node.safeParse(name).success ? name.toLowerCase() : 'localhost';
}

export function isSecurityPassword(text: string): boolean {
  return SECURITY_PASSWORD.test(text);
}

/** What to say of a security password that breaks the rule. */
export const securityRule = SECURITY_RULE;

export function isDomain(text: string): boolean {
  try {
    prepareDomain(text);
    return true;
  } catch {
    return false;
  }
}

/** Values are never shown: they may be secrets in the wrong place. */
function sentences(issue: z.core.$ZodIssue, role: string): string[] {
  const place = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, place, role);
  // Of a union the branch is told that somebody meant who wrote an object.
  if (issue.code === 'invalid_union') {
    const branches = issue.errors.map((issues) =>
      issues.map((one) => ({ ...one, path: [...issue.path, ...one.path] })),
    );
    const meant = branches.find((issues) =>
      issues.every(({ path, code }) => path.length > issue.path.length || code === 'unrecognized_keys'),
    );
    if (meant !== undefined) return meant.flatMap((one) => sentences(one, role));
    return [
      `${place}: ${place === 'callManager' ? 'write embedded, or host, user and password' : 'it is missing, or not of its form'}`,
    ];
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) return [`${place}: it is missing`];
  return [`${place}: ${issue.message}`];
}

function unknownKeys(keys: readonly string[], place: string, role: string): string[] {
  const known = MEMBERS[place === '' ? role : `${role} ${place}`] ?? ['file'];
  return keys.map((key) => {
    const near = nearest(key, known);
    const meant = near === undefined ? `; there are ${known.join(', ')}` : `; did you mean ${near}?`;
    return `${place === '' ? '' : `${place}.`}${key}: nothing is called so${meant}`;
  });
}
