import { Worker } from 'node:worker_threads';
import { Failure } from '#base/failure.ts';
import type { SqliteAnswer, SqliteRequest, SqliteWorkerData } from './sqlite-protocol.ts';

/** Young objects are few and die at once; the default would let them take 32 MB before it looks. */
const YOUNG_GENERATION_MB = 4;

type AnswerTo<Request extends SqliteRequest> = SqliteAnswer & { did: Request['do'] };

/** The thread, asked and answering. At most one commit, one batch of reads and one probe are under way. */
export class SqliteThread {
  readonly opened: Promise<void>;
  ended = false;
  #worker: Worker;
  #waiting = new Map<string, { resolve(answer: SqliteAnswer): void; reject(error: Error): void }>();
  #onEnd: ((failure: Failure) => void) | undefined;
  #exited: Promise<unknown>;
  #reason = 'the thread of the store has ended';

  constructor(data: SqliteWorkerData, maxHeapMb: number) {
    this.#worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), {
      name: 'store',
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB, maxOldGenerationSizeMb: maxHeapMb },
    });
    this.opened = new Promise((resolve, reject) => this.#waiting.set('open', { resolve: () => resolve(), reject }));
    this.#exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.on('message', (answer: SqliteAnswer) => {
      const waiting = this.#waiting.get(answer.did);
      this.#waiting.delete(answer.did);
      waiting?.resolve(answer);
    });
    this.#worker.on('error', (error: Error) => {
      this.#reason = `the store ${data.file}: ${error.message}`;
    });
    this.#worker.once('exit', () => this.#end());
  }

  ask<Request extends SqliteRequest>(request: Request): Promise<AnswerTo<Request>> {
    if (this.ended) return Promise.reject(new Failure('store-failing', this.#reason));
    return new Promise((resolve, reject) => {
      this.#worker.postMessage(request);
      this.#waiting.set(request.do, { resolve: resolve as (answer: SqliteAnswer) => void, reject });
    });
  }

  onEnd(listener: (failure: Failure) => void): void {
    this.#onEnd = listener;
  }

  /** Lets what was asked be answered, then ends. */
  async close(): Promise<void> {
    this.#onEnd = undefined;
    if (!this.ended) this.#worker.postMessage({ do: 'close' } satisfies SqliteRequest);
    await this.#exited;
  }

  #end(): void {
    this.ended = true;
    const failure = new Failure('store-failing', this.#reason);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(failure);
    this.#onEnd?.(failure);
  }
}
