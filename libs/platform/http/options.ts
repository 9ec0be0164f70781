import type { FastifyInstance } from 'fastify';
import { AppError } from './app-error.js';
import type { RouteTable } from './route-table.js';

/**
 * `OPTIONS` of an address says which methods it takes; what a browser asks before a call across origins went before. A
 * method that an address has not is refused here: later on some would be refused for want of a body, and others would be
 * taken by a route with a parameter (`DELETE /tokens/self` for a token of that name).
 */
export function answerOptions(fastify: FastifyInstance, routes: RouteTable): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const { method } = request;
    const path = request.url.split('?', 1)[0] ?? '';
    const { url } = request.routeOptions;
    // The root of a plugin is found with a slash at its end as well, and called by the name without.
    const another = request.is404 || (url !== path && `${url}/` !== path && routes.has(path));
    if (method !== 'OPTIONS' && !another) {
      done();
      return;
    }
    const methods = routes.methodsAt(path);
    const allowed = [...new Set([...methods, 'OPTIONS'])].join(', ');
    if (methods.length === 0 || (method !== 'OPTIONS' && methods.includes(method))) done();
    else if (method === 'OPTIONS') void reply.code(204).header('Allow', allowed).send();
    else
      done(
        new AppError('METHOD_NOT_ALLOWED', `This address takes ${allowed}, not ${method}`, {
          headers: { Allow: allowed },
        }),
      );
  });
}
