/** The certificate that all servers of a run get, so that none wins by its key. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOMAIN } from './server.ts';

export type KeyKind = 'ec' | 'rsa';

export const KEY_TITLES: Record<KeyKind, string> = { ec: 'ECDSA P-256', rsa: 'RSA 2048' };

const NEW_KEY: Record<KeyKind, string[]> = {
  ec: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
  rsa: ['-newkey', 'rsa:2048'],
};

/** Writes cert.pem, key.pem and both.pem into the folder. */
export function makeCertificate(folder: string, kind: KeyKind): void {
  const key = join(folder, 'key.pem');
  const certificate = join(folder, 'cert.pem');
  const names = `subjectAltName=DNS:${DOMAIN},DNS:conference.${DOMAIN}`;
  const args = ['req', '-x509', ...NEW_KEY[kind], '-nodes', '-days', '30', '-subj', `/CN=${DOMAIN}`];
  execFileSync('openssl', [...args, '-addext', names, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const both = join(folder, 'both.pem');
  writeFileSync(both, readFileSync(certificate, 'latin1') + readFileSync(key, 'latin1'));
  for (const file of [key, both]) chmodSync(file, 0o600);
}
