import { accessConfig } from '#access';
import { batchConfig } from '#batch';
import { graphqlConfig } from '#graphql';
import { jobsConfig } from '#jobs';
import { envExample, PLATFORM_CONFIG } from '#platform';
import { riskConfig } from '#risk';

/** What `.env.example` holds: every variable of every process, from the schemas that read them. */
export const ENV_EXAMPLE = envExample([
  ...PLATFORM_CONFIG,
  accessConfig,
  jobsConfig,
  riskConfig,
  batchConfig,
  graphqlConfig,
]);
