import type { Type } from '@nestjs/common';
import { problem } from '#contracts';
import { API_VERSION, DESCRIPTION, SECURITY_SCHEMES, TAGS } from './about.js';
import { Components } from './components.js';
import { problemExamples } from './errors.js';
import { operationOf } from './operation.js';
import type { OpenApiDocument } from './parts.js';
import { routesOf } from './routes.js';
import { HEADERS, PARAMETERS } from './shared.js';

/**
 * The OpenAPI 3.1 document of controllers, from the schemas that validate and the decorators that guard.
 * @throws Error for a route that says nothing of its answers or of access, and for two schemas of one name
 */
export function documentOf(controllers: readonly Type[]): OpenApiDocument {
  const routes = routesOf(controllers).filter(({ documented }) => documented.hidden !== true);
  const components = new Components();
  components.output(problem);
  // What goes out keeps its name; what comes in gives way where the two differ.
  for (const { answers } of routes) if (answers.schema) components.output(answers.schema);
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) (paths[route.path] ??= {})[route.verb] = operationOf(route, components);
  unique(routes.map(({ operationId }) => operationId));
  return {
    openapi: '3.1.1',
    info: {
      title: 'ST Risk Platform',
      version: API_VERSION,
      summary: 'Where will the next event be, how likely, how many, how costly, how sure.',
      description: DESCRIPTION,
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The platform that served this document' }],
    tags: tagsOf(routes.map(({ tag }) => tag)),
    paths,
    components: {
      securitySchemes: SECURITY_SCHEMES,
      schemas: components.all,
      parameters: PARAMETERS,
      headers: HEADERS,
      examples: problemExamples(),
    },
  };
}

function tagsOf(used: string[]): OpenApiDocument['tags'] {
  const known = Object.keys(TAGS).filter((tag) => used.includes(tag));
  const others = [...new Set(used)].filter((tag) => !(tag in TAGS)).sort();
  return [...known, ...others].map((name) => ({ name, description: TAGS[name] ?? name }));
}

function unique(ids: string[]): void {
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  if (twice.length > 0) throw new Error(`These operations share an id: ${twice.join(', ')}`);
}
