/** Bulk jobs on a server in this process, as its commands run them. */
import { type BulkJob, bulkJob, bulkLog, bulkSubmit, bulkUpload, bulkValidate } from '#commands/bulk.ts';
import type { CommandContext } from '#commands/command.ts';
import type { InProcess } from './in-process.ts';
import { until } from './until.ts';

/** What the commands of a server in this process work on. */
export function contextOf({ running }: InProcess): CommandContext {
  const { node, domain, bulk } = running;
  const { domains, accounts, homes, settings, log } = node;
  return { domain, domains, accounts, homes, settings, log, server: undefined, bulk };
}

const ENDED = ['Completed', 'InComplete'];

export class BulkJobs {
  readonly #context: () => CommandContext;
  #count = 0;

  /** @param context of the server as it runs now */
  constructor(context: () => CommandContext) {
    this.#context = context;
  }

  get context(): CommandContext {
    return this.#context();
  }

  /** @returns the name of the file */
  async upload(transaction: string, content: string | Uint8Array): Promise<string> {
    const name = `file-${++this.#count}.csv`;
    const bytes = Buffer.from(content as string);
    for (let offset = 0; offset === 0 || offset < bytes.length; offset += 500_000) {
      const piece = bytes.subarray(offset, offset + 500_000).toString('base64');
      const last = offset + 500_000 >= bytes.length;
      await bulkUpload.run(this.context, { name, transaction, offset, piece, last, replace: false });
    }
    return name;
  }

  submit(transaction: string, file = '', more: Partial<Parameters<typeof bulkSubmit.run>[1]> = {}): Promise<BulkJob> {
    const input = bulkSubmit.input.parse({ transaction, file, ...more });
    return bulkSubmit.run(this.context, input) as Promise<BulkJob>;
  }

  /** Uploads, submits, and waits for the end. */
  async run(transaction: string, content: string | Uint8Array, options: string[] = []): Promise<BulkJob> {
    const { id } = await this.submit(transaction, await this.upload(transaction, content), { options });
    return this.end(id);
  }

  async validate(transaction: string, content: string): Promise<BulkJob> {
    const file = await this.upload(transaction, content);
    const { id } = (await bulkValidate.run(this.context, { transaction, file, options: [] })) as BulkJob;
    return this.end(id);
  }

  /** The job once it has ended and its log is there. */
  end(id: number, withinMs = 30_000): Promise<BulkJob> {
    return until(
      `job ${id} ends`,
      async () => {
        const job = (await bulkJob.run(this.context, { id })) as BulkJob;
        return ENDED.includes(job.state) && job.log !== '' ? job : undefined;
      },
      { everyMs: 5, withinMs },
    );
  }

  /** The lines that were not taken, as 'line reason', in their order. */
  async reasons(id: number): Promise<string[]> {
    const { lines } = JSON.parse(await this.log(id, 'json')) as { lines: { line: number; reason: string }[] };
    return lines.map(({ line, reason }) => `${line} ${reason}`);
  }

  async log(id: number, form: 'text' | 'json' = 'text'): Promise<string> {
    let all = Buffer.alloc(0);
    for (;;) {
      const { bytes, size } = await bulkLog.run(this.context, { id, offset: all.length, form });
      all = Buffer.concat([all, Buffer.from(bytes, 'base64')]);
      if (all.length >= size) return all.toString();
    }
  }
}

/** `done/failed/ignored/unprocessed`. */
export function figures({ figures: { done, failed, ignored, unprocessed } }: BulkJob): string {
  return [done, failed, ignored, unprocessed].join('/');
}
