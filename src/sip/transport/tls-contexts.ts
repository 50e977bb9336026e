import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { Certificates, ServerCertificate } from '#base/certificates.ts';
import type { Log } from '#base/log.ts';

/** A file of authorities is read again after so long, and at each change of the setting. */
const KEPT_MS = 60_000;

/** One certificate of ours, and whom we believe. The same object for as long as neither changes. */
export interface TlsContext {
  readonly options: SecureContextOptions;
  readonly context: SecureContext;
}

interface Kept extends TlsContext {
  readonly ca: string;
  checkedAt: number;
}

/**
 * The certificates of our domains with those whom SIP believes: whose certificates clients may show, and whose servers
 * we connect to. Made when they are first needed.
 */
export class TlsContexts {
  readonly #certificates: Certificates;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #made = new WeakMap<ServerCertificate, Map<string, Kept>>();

  constructor(certificates: Certificates, log: Log, now: () => number) {
    this.#certificates = certificates;
    this.#log = log;
    this.#now = now;
  }

  /**
   * @param serverName a domain of ours; undefined or another: the first one
   * @param caFile path of PEM; '' for those that Node is shipped with
   */
  for(serverName: string | undefined, caFile: string): TlsContext {
    const certificate = this.#certificates.for(serverName);
    const made = this.#made.get(certificate) ?? new Map<string, Kept>();
    this.#made.set(certificate, made);
    const kept = made.get(caFile);
    const now = this.#now();
    if (kept !== undefined && (caFile === '' || now - kept.checkedAt < KEPT_MS)) return kept;
    const ca = this.#read(caFile);
    if (kept !== undefined && ca === kept.ca) {
      kept.checkedAt = now;
      return kept;
    }
    // Settings that were tried out are not kept for ever.
    if (made.size > 8) made.clear();
    const options = { ...certificate.options, ...(caFile !== '' && { ca: ca === '' ? [] : ca }) };
    const context: Kept = { options, context: createSecureContext(options), ca, checkedAt: now };
    made.set(caFile, context);
    return context;
  }

  /** Where the file cannot be read nobody is believed; connections without certificates go on. */
  #read(caFile: string): string {
    if (caFile === '') return '';
    try {
      return readFileSync(caFile, 'utf8');
    } catch (err) {
      this.#log.error({ err, file: caFile }, 'the certificates of authorities cannot be read; nobody is believed');
      return '';
    }
  }
}
