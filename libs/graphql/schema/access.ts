export const ACCESS = /* GraphQL */ `
  "Who asks: a token."
  type Me {
    token_id: String!
    name: String!
    "events:write, risk:read, risk:write, jobs, admin."
    scopes: [String!]!
    "The namespace of this request."
    namespace: Namespace!
  }

  "Probabilities from which a level begins."
  type LevelThresholds {
    MODERATE: Float!
    HIGH: Float!
    CRITICAL: Float!
  }

  "A space of its own: its events, models and risks are seen by no other."
  type Namespace {
    namespace_id: String!
    name: String!
    "H3 resolution of its cells."
    h3_resolution: Int!
    "IANA time zone in which its days and weeks are counted."
    time_zone: String!
    levels: LevelThresholds!
    "What an event's amount is: amount, magnitude or none."
    amount_kind: String!
    created_at: DateTime!
    "Goes up with each change."
    version: Int!
  }

  "A page of namespaces."
  type NamespacePage {
    data: [Namespace!]!
    page: Page!
  }
`;
