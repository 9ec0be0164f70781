import { buildSchema, type GraphQLSchema } from 'graphql/index.js';
import { ACCESS } from './access.js';
import { CELLS } from './cells.js';
import { COMMON } from './common.js';
import { EVENTS } from './events.js';
import { JOBS } from './jobs.js';
import { MODELS } from './models.js';
import { PLACES } from './places.js';
import { QUERY } from './query.js';
import { RISK } from './risk.js';
import { implementScalars } from './scalars.js';

/** The schema as clients see it. Names and shapes are those of REST; a field that may be refused is nullable. */
export function makeSchema(): GraphQLSchema {
  return implementScalars(buildSchema([COMMON, QUERY, ACCESS, EVENTS, CELLS, RISK, MODELS, JOBS, PLACES].join('\n')));
}
