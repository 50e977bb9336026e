import { z } from 'zod';
import { Failure } from '#base/failure.ts';

/** A value that is given once at most. */
export const once = z
  .array(z.string().max(4096))
  .max(1, 'it is given once')
  .transform(([value]) => value ?? '');

/** One that is on or off. */
export const onOrOff = once.pipe(z.stringbool());

/**
 * A transaction's check of what is asked for with a job: texts of the form 'name=value', where a name may come again.
 * Its schema is given an array of values for each name.
 */
export function checkedBy<T extends Record<string, unknown>>(schema: z.ZodType<T>): (options: readonly string[]) => T {
  return (options) => {
    const checked = schema.safeParse(byName(options));
    if (!checked.success) throw new Failure('malformed', `the options of the job: ${z.prettifyError(checked.error)}`);
    return checked.data;
  };
}

/** For a transaction that is asked for nothing. */
export const noOptions = checkedBy(z.strictObject({}));

function byName(options: readonly string[]): Record<string, string[]> {
  const values: Record<string, string[]> = Object.create(null);
  for (const option of options) {
    const at = option.indexOf('=');
    if (at < 1) throw new Failure('malformed', `an option is written as name=value, not ${option.slice(0, 80)}`);
    const name = option.slice(0, at).trim();
    values[name] = [...(values[name] ?? []), option.slice(at + 1).trim()];
  }
  return { ...values };
}
