import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';

/**
 * A fastify without its validators and serializers by JSON Schema: what comes in is checked by the commands' zod
 * schemas, and left out those cost no memory (10 MB of code that nothing would run).
 */
export function httpApp(options: FastifyServerOptions): FastifyInstance {
  const unused = () => () => {
    throw new Error('routes have no JSON Schema here; the commands check their input');
  };
  return fastify({
    ...options,
    forceCloseConnections: true,
    schemaController: { compilersFactory: { buildValidator: unused, buildSerializer: unused } },
  });
}
