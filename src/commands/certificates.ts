/** The certificates that this server shows. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { command } from './command.ts';
import { operationsOf } from './operations-of.ts';

const certificate = z.object({
  domain: z.string(),
  file: z.string(),
  subject: z.string().optional(),
  issuer: z.string().optional(),
  /** Names that it is for. */
  names: z.string().optional(),
  notBefore: z.number().optional().describe('epoch milliseconds'),
  notAfter: z.number().optional().describe('epoch milliseconds'),
  fingerprint: z.string().optional().describe('SHA-256'),
  selfSigned: z.boolean().optional(),
  problem: z.string().optional().describe('why it cannot be read'),
});

export type OwnCertificate = z.infer<typeof certificate>;

export const certificateList = command({
  name: 'certificate.list',
  help: 'The certificate of each domain: for whom it is, until when, and its fingerprint.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: z.array(certificate),
  run(context) {
    const { tlsFolder } = operationsOf(context);
    return context.domains.map((domain) => read(domain, join(tlsFolder, domain, 'certificate.pem')));
  },
});

function read(domain: string, file: string): OwnCertificate {
  try {
    const found = new X509Certificate(readFileSync(file));
    return {
      domain,
      file,
      subject: found.subject,
      issuer: found.issuer,
      ...(found.subjectAltName !== undefined && { names: found.subjectAltName }),
      notBefore: found.validFromDate.getTime(),
      notAfter: found.validToDate.getTime(),
      fingerprint: found.fingerprint256,
      selfSigned: found.issuer === found.subject,
    };
  } catch (error) {
    return { domain, file, problem: (error as Error).message };
  }
}
