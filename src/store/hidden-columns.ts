/** What of the store nobody is shown: what proves who somebody is, and what people say to each other. */

/** Words in the name of a column that holds a proof, or something that others could be tried with. */
const PROOFS = /(^|_)(password|secret|salt|token|key|hash|private|credential|verifier|hmac)s?(_|$)/;

/** Tables of which nothing is shown but how many rows there are. */
const TABLES = new Set(['credentials', 'digest_credentials', 'private_xml']);

/** Columns that hold what people write. */
const CONTENT = new Set(['archive.stanza', 'vcards.card', 'xcap_documents.content']);

/** @param column '' where only the number of rows is asked for */
export function isHidden(table: string, column: string): boolean {
  const [at, name] = [table.toLowerCase(), column.toLowerCase()];
  if (name === '') return false;
  // When something was changed is no proof of it (`password_changed_at`).
  const isProof = PROOFS.test(name) && !name.endsWith('_at');
  return isProof || TABLES.has(at) || CONTENT.has(`${at}.${name}`);
}
