export { graphqlConfig } from './graphql.config.js';
export { GraphqlHttpModule } from './graphql.module.js';
