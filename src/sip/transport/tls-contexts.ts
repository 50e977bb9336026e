import { readFileSync } from 'node:fs';
import type { SecureContext } from 'node:tls';
import type { Certificates, ServerCertificate } from '#base/certificates.ts';
import type { Log } from '#base/log.ts';

/** A file that is not there is asked for again after so long, and at each change of the setting. */
const KEPT_MS = 60_000;

/**
 * The certificates of our domains with those whom SIP believes: whose certificates clients may show, and whose servers
 * we connect to. Made when they are first needed, again when a certificate is renewed or the file that is named changes.
 */
export class TlsContexts {
  readonly #certificates: Certificates;
  readonly #log: Log;
  readonly #now: () => number;
  #made = new WeakMap<ServerCertificate, Map<string, { context: SecureContext; madeAt: number }>>();

  constructor(certificates: Certificates, log: Log, now: () => number) {
    this.#certificates = certificates;
    this.#log = log;
    this.#now = now;
  }

  /**
   * @param serverName a domain of ours; undefined or another: the first one
   * @param caFile path of PEM; '' for those that Node is shipped with
   */
  for(serverName: string | undefined, caFile: string): SecureContext {
    const certificate = this.#certificates.for(serverName);
    const made = this.#made.get(certificate) ?? new Map();
    this.#made.set(certificate, made);
    const kept = made.get(caFile);
    if (kept !== undefined && (caFile === '' || this.#now() - kept.madeAt < KEPT_MS)) return kept.context;
    const context = this.#make(certificate, caFile);
    if (made.size > 8) made.clear();
    made.set(caFile, { context, madeAt: this.#now() });
    return context;
  }

  /** Where the file cannot be read nobody is believed: connections without certificates go on. */
  #make(certificate: ServerCertificate, caFile: string): SecureContext {
    if (caFile === '') return certificate.contextWith({});
    try {
      return certificate.contextWith({ ca: readFileSync(caFile) });
    } catch (err) {
      this.#log.error({ err, file: caFile }, 'the certificates of authorities cannot be read; nobody is believed');
      return certificate.contextWith({ ca: [] });
    }
  }
}
