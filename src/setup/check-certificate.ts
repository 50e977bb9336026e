/** Looks at a domain's certificate as a client would. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { domainToASCII } from 'node:url';
import type { Finding } from './checks.ts';

const DAY_MS = 86_400_000;
const WARNING_DAYS = 14;

/** @param folder holds `key.pem` and `certificate.pem` */
export function checkCertificate(folder: string, domain: string, now: number): Finding {
  const what = `certificate of ${domain}`;
  const cure = `Put the chain into ${join(folder, 'certificate.pem')} and its key into ${join(folder, 'key.pem')}.`;
  const failed = (message: string): Finding => ({ what, state: 'failed', message, cure });
  const warning = (message: string): Finding => ({ what, state: 'warning', message, cure });
  let certificate: X509Certificate;
  let fits: boolean;
  try {
    certificate = new X509Certificate(readFileSync(join(folder, 'certificate.pem')));
    fits = certificate.checkPrivateKey(createPrivateKey(readFileSync(join(folder, 'key.pem'))));
  } catch (error) {
    return failed(`it cannot be read: ${(error as Error).message}`);
  }
  if (!fits) return failed('the key is not the one of the certificate');
  if (certificate.checkHost(domainToASCII(domain)) === undefined) {
    return failed(`it is for ${certificate.subjectAltName ?? certificate.subject}, not for ${domain}`);
  }
  const from = certificate.validFromDate.getTime();
  const to = certificate.validToDate.getTime();
  const day = new Date(to).toISOString().slice(0, 10);
  if (now < from) return failed(`it holds only from ${new Date(from).toISOString()}; is the clock right?`);
  if (now > to) return failed(`it ended on ${day}`);
  if (now > to - WARNING_DAYS * DAY_MS) return warning(`it ends on ${day}`);
  if (certificate.issuer === certificate.subject)
    return warning(`it signed itself, so clients ask whether to trust it; good until ${day}`);
  return { what, state: 'ok', message: `good until ${day}` };
}
