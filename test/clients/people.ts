import { type ServerUnderTest, startServer } from '../support/server-under-test.ts';

const DOMAIN = 'example.test';
export const PASSWORD = 'wherefore art thou';

/** The server on which the people of these tests live. */
export function startTown(...names: string[]): Promise<ServerUnderTest> {
  return startServer({ domain: DOMAIN, users: names.map((name) => ({ name, password: PASSWORD })) });
}

/** For the Python scripts. */
export function townAsJson({ host, ports, domain }: ServerUnderTest): string {
  return JSON.stringify({ host, ...ports, domain, password: PASSWORD });
}
