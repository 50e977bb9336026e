import { Failure } from './failure.ts';

/** Whether listening on every address failed because the machine has no IPv6; '0.0.0.0' is every one then. */
export function lacksIpv6(error: unknown, host: string): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return host === '::' && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL');
}

/** Says what to do about a listener that cannot listen. */
export function listenFailure(error: unknown, host: string, port: number): Failure {
  const { code, message } = error as NodeJS.ErrnoException;
  const place = `${host} port ${port}`;
  if (code === 'EADDRINUSE') {
    return new Failure(
      'conflict',
      `${place} is taken (EADDRINUSE); stop the program that has it, or start with --port-offset 1000`,
      {
        cause: error,
      },
    );
  }
  if (code === 'EACCES') {
    return new Failure('forbidden', `${place} may not be opened by this user; choose a port of 1024 or above`, {
      cause: error,
    });
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new Failure('not-found', `this machine has no address ${host}; correct the setting`, { cause: error });
  }
  return new Failure('unavailable', `${place} cannot be opened: ${message}`, { cause: error });
}
