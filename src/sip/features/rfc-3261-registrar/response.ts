import type { Binding } from '../../bindings.ts';
import type { Gruus } from '../../gruu.ts';
import { gruuOf } from '../../wire/address.ts';
import { quote } from '../../wire/text.ts';

export interface AnswerParts {
  readonly bindings: readonly Binding[];
  readonly now: number;
  /** Given where the client understands GRUUs (RFC 5627 §5.3). */
  readonly gruus: Gruus | undefined;
  /** The Path of the request, given back (RFC 3327 §5.3). */
  readonly path: string;
  /** RFC 3608; '' for none. */
  readonly serviceRoute: string;
  /** Seconds between the client's signs of life; undefined where it registered no flow (RFC 5626 §6). */
  readonly flowTimerSeconds: number | undefined;
}

/** Header lines of a 200 to a REGISTER (RFC 3261 §10.3 step 8): all that is registered now, whoever asked for it. */
export function writeAnswer({ bindings, now, gruus, path, serviceRoute, flowTimerSeconds }: AnswerParts): string {
  let head = '';
  for (const binding of bindings) head += `Contact: ${contactOf(binding, now, gruus)}\r\n`;
  if (path !== '') head += `Path: ${path}\r\n`;
  if (serviceRoute !== '') head += `Service-Route: ${serviceRoute}\r\n`;
  if (flowTimerSeconds !== undefined) head += `Require: outbound\r\nFlow-Timer: ${flowTimerSeconds}\r\n`;
  return `${head}Date: ${dateOf(now)}\r\n`;
}

function contactOf(binding: Binding, now: number, gruus: Gruus | undefined): string {
  const { uri, params, q, expiresAt, instance, device } = binding.said;
  const preference = q === 1000 ? '' : `;q=${q / 1000}`;
  const seconds = Math.max(0, Math.ceil((expiresAt - now) / 1000));
  const contact = `<${uri}>${params}${preference};expires=${seconds}`;
  if (gruus === undefined || instance === '') return contact;
  const publicGruu = gruuOf(binding.home.address, device);
  return `${contact};pub-gruu=${quote(publicGruu)};temp-gruu=${quote(gruus.temporary(binding))}`;
}

let dateAt = Number.NaN;
let date = '';

/** RFC 3261 §20.17. It is asked for often, and changes once a second. */
function dateOf(now: number): string {
  const at = Math.floor(now / 1000);
  if (at !== dateAt) {
    dateAt = at;
    date = new Date(now).toUTCString();
  }
  return date;
}
