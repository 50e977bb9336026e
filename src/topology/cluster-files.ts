/** Files of the node that belong to the cluster, in the data folder and its owner's alone. */
export interface ClusterFiles {
  /** Undefined where there is none. */
  read(name: string): string | undefined;
  /** Puts it there whole. */
  replace(name: string, content: string): void;
}

export const AUTHORITY_KEY = 'authority-key.pem';
export const AUTHORITY = 'authority.pem';
export const NODE_KEY = 'key.pem';
export const NODE_CERTIFICATE = 'certificate.pem';
