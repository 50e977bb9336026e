/**
 * Looks into the store for an administrator: whether it is whole, and what a question in SQL comes to. Never writes, and
 * never shows what proves who somebody is or what people have said to each other.
 */
import { spawn } from 'node:child_process';
import { Failure, type FailureKind } from '#base/failure.ts';
import type { Value } from './database.ts';
import type { InspectionAnswer, InspectionRequest } from './inspector-child.ts';

export interface QueryLimits {
  maxRows: number;
  /** What the values of the answer may take together, in characters. */
  maxSize: number;
  seconds: number;
}

export interface QueryResult {
  columns: string[];
  rows: Value[][];
  /** There is more than the limits let through. */
  cut: boolean;
}

export interface StoreInspector {
  readonly kind: 'sqlite' | 'postgres';
  /**
   * What is wrong with what is on disk; empty when all is well.
   * @throws {Failure} 'not-acceptable' where the database has its own tools for that
   */
  faults(seconds: number): Promise<string[]>;
  /**
   * @param sql  one SELECT
   * @throws {Failure} 'malformed' for what is no SELECT or has a fault, 'forbidden' for what is not shown, 'over-limit'
   *   when it takes too long, 'not-acceptable' where the database has its own tools for that
   */
  query(sql: string, limits: QueryLimits): Promise<QueryResult>;
}

const CHILD = new URL('./inspector-child.ts', import.meta.url).pathname;
/** What the other process may take, in MiB. */
const CHILD_HEAP_MB = 128;
/** An answer, as JSON: the values, and what is around them. */
const MAX_ANSWER_BYTES = 64 << 20;

/**
 * On the embedded store. Each question has a process of its own on the file, opened for reading alone: the server is
 * held up by none, and one that takes too long is ended.
 */
export function sqliteInspector(file: string): StoreInspector {
  return {
    kind: 'sqlite',
    async faults(seconds) {
      const answer = await ask({ do: 'check', file }, seconds);
      return 'faults' in answer ? answer.faults : [];
    },
    async query(sql, { seconds, maxRows, maxSize }) {
      const answer = await ask({ do: 'query', file, sql, maxRows, maxSize }, seconds);
      if ('columns' in answer) return answer;
      throw new Failure('unavailable', 'the question was not answered');
    },
  };
}

/** PostgreSQL has accounts, rights and tools of its own, which decide better than we could who sees what. */
export function postgresInspector(): StoreInspector {
  const refuse = (cure: string): Promise<never> =>
    Promise.reject(new Failure('not-acceptable', `the store is PostgreSQL; ${cure}`));
  return {
    kind: 'postgres',
    faults: () => refuse('look for faults with its own pg_amcheck'),
    query: () => refuse('ask with psql, as a user of the database who may read and nothing else'),
  };
}

function ask(request: InspectionRequest, seconds: number): Promise<Exclude<InspectionAnswer, { error: string }>> {
  const flags = ['--disable-warning=ExperimentalWarning', `--max-old-space-size=${CHILD_HEAP_MB}`];
  const child = spawn(process.execPath, [...flags, CHILD], { stdio: ['pipe', 'pipe', 'ignore'], env: {} });
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const end = (failure: Failure) => {
      reject(failure);
      child.kill('SIGKILL');
    };
    const late = new Failure('over-limit', `it took more than ${seconds} seconds, and was ended; ask for less`);
    const timer = setTimeout(() => end(late), seconds * 1000);
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) end(new Failure('over-limit', 'the answer is too large; ask for less'));
      else chunks.push(chunk);
    });
    child.on('error', (cause) => end(new Failure('unavailable', `no process could be started: ${cause.message}`)));
    child.on('close', () => {
      clearTimeout(timer);
      const answer = parse(Buffer.concat(chunks).toString());
      if (answer === undefined) reject(new Failure('over-limit', 'it took more memory than it may; ask for less'));
      else if ('error' in answer) reject(new Failure(answer.kind as FailureKind, answer.error));
      else resolve(answer);
    });
    child.stdin.on('error', () => undefined).end(JSON.stringify(request));
  });
}

function parse(text: string): InspectionAnswer | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
