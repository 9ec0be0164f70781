export const PLACES = /* GraphQL */ `
  extend type Query {
    "Groups of watched places, newest first. Scope risk:read."
    groups("The beginning of the name." q: String, limit: Int = 50, cursor: String): GroupPage
    "One group. Scope risk:read."
    group(group_id: String!): Group
    "Watched places, newest first. Scope risk:read."
    targets(
      group_id: String
      "The beginning of the name."
      q: String
      "west,south,east,north in degrees; west exceeds east where the box crosses the antimeridian."
      bbox: String
      cell: CellId
      limit: Int = 50
      cursor: String
    ): TargetPage
    "One watched place. Scope risk:read."
    target(target_id: String!): Target
  }

  "Watched places that belong together."
  type Group {
    group_id: String!
    name: String!
    description: String
    "Whatever else is known of it."
    attrs: JSON!
    created_at: DateTime!
    updated_at: DateTime!
    "Goes up with each change."
    version: Int!
    "Its newest targets; all of them are in the list of targets with this group_id."
    targets("1 to 100." limit: Int = 20): [Target!]
  }

  "A page of groups."
  type GroupPage {
    data: [Group!]!
    page: Page!
  }

  "A watched place: a circle or a polygon."
  type Target {
    target_id: String!
    name: String!
    group_id: String
    "The group it belongs to."
    group: Group
    "{ type: circle, center, radius_m } or { type: polygon, coordinates }."
    shape: JSON!
    "Whatever else is known of it."
    attrs: JSON!
    "Thresholds of its own; null: those of the namespace."
    levels: LevelThresholds
    "Cells it touches."
    cells_count: Int!
    area_km2: Float!
    created_at: DateTime!
    updated_at: DateTime!
    "Goes up with each change."
    version: Int!
    "What the current surface says of it."
    risk("Hours ahead, 1 to 720." horizon: Int = 24, event_type: String): TargetRisk
  }

  "A page of targets."
  type TargetPage {
    data: [Target!]!
    page: Page!
  }

  "The risk of a watched place."
  type TargetRisk {
    target_id: String!
    model_version: String!
    event_type: String!
    issued_at: DateTime!
    valid_from: DateTime!
    valid_to: DateTime!
    "Events up to here are taken into account."
    data_until: DateTime!
    horizon_hours: Int!
    "Probability of at least one event, 0 to 1."
    p_event: Float!
    "Expected number of events."
    expected_count: Float!
    "5 % quantile of the number."
    q05: Float!
    "Median of the number."
    q50: Float!
    "95 % quantile of the number."
    q95: Float!
    "Expected loss, in the unit of the amounts."
    expected_loss: Float!
    level: Level!
    "Expected count on the ground of one cell, beside the mean cell's."
    relative_risk: Float!
    "Share of its area that the surface covers, 0 to 1."
    coverage: Float!
  }
`;
