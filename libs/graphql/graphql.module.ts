import { Module } from '@nestjs/common';
import { JobsModule } from '#jobs';
import { RiskModule } from '#risk';
import { GraphqlController } from './graphql.controller.js';
import { GraphqlService } from './graphql.service.js';
import { Loaders } from './resolvers/loaders.js';
import { Queries } from './resolvers/queries.js';

/** The read side in GraphQL, over the services that REST calls. */
@Module({
  imports: [JobsModule, RiskModule],
  controllers: [GraphqlController],
  providers: [Loaders, Queries, GraphqlService],
})
export class GraphqlHttpModule {}
