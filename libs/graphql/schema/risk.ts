export const RISK = /* GraphQL */ `
  "What the surface says of one cell for one horizon."
  type CellRisk {
    cell: CellId!
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
    "Percentile of the expected count within the surface, 0 to 100."
    risk_score: Float!
    level: Level!
  }

  "The cells of the current surface and what it is made of."
  type RiskMap {
    model_version: String!
    event_type: String!
    issued_at: DateTime!
    valid_from: DateTime!
    valid_to: DateTime!
    "Events up to here are taken into account."
    data_until: DateTime!
    horizon_hours: Int!
    resolution: Int!
    "All that fit the filters, listed or not."
    cell_count: Int!
    cells: [CellRisk!]!
  }

  "One simulated future of a place."
  type Scenario {
    scenario_id: Int!
    "Events in it."
    count: Float!
    "What it costs; where events have no amounts, how many they are."
    risk_value: Float!
  }

  "The risk at a place."
  type Assessment {
    cell: CellId!
    "The point that was asked for; null for a cell."
    point: Point
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
    "Percentile of the expected count within the surface, 0 to 100."
    risk_score: Float!
    level: Level!
    "Expected count beside the mean cell's."
    relative_risk: Float!
    "null where n_scenarios is 0."
    scenarios: [Scenario!]
  }

  "Assessments and what they are made of."
  type AssessmentSet {
    model_version: String!
    event_type: String!
    issued_at: DateTime!
    valid_from: DateTime!
    valid_to: DateTime!
    "Events up to here are taken into account."
    data_until: DateTime!
    horizon_hours: Int!
    assessments: [Assessment!]!
  }

  "Where a risk is in its life."
  enum RiskStatus {
    open
    acknowledged
    resolved
    expired
  }

  "The cell of a risk."
  type RiskCell {
    id: CellId!
    center: Point!
  }

  "A cell or target over its threshold."
  type Risk {
    risk_id: String!
    "When it was opened."
    timestamp: DateTime!
    status: RiskStatus!
    level: Level!
    cell: RiskCell!
    target_id: String
    "The watched place it is of; null for a risk of a cell, or where the place is gone."
    target: Target
    event_type: String!
    "Probability of at least one event within the horizon, 0 to 1."
    p_event: Float!
    "Expected number of events within the horizon."
    expected_count: Float!
    horizon_hours: Int!
    model_version: String!
    "Name of the token that did."
    acknowledged_by: String
    comment: String
    updated_at: DateTime!
    "Goes up with each change."
    version: Int!
  }

  "A page of risks."
  type RiskPage {
    data: [Risk!]!
    page: Page!
  }

  "Risks opened on one day, in UTC."
  type RisksOfDay {
    "Such as 2026-01-31."
    day: String!
    opened: Int!
  }

  "Risks in numbers."
  type RiskStats {
    "Those opened since then, the beginning of a day in UTC."
    from: DateTime!
    to: DateTime!
    total: Int!
    "false: only the newest were counted."
    complete: Boolean!
    "Every status with its number."
    by_status: JSON!
    "Every level with its number."
    by_level: JSON!
    "Every type that has any with its number."
    by_event_type: JSON!
    "The oldest first, also with 0."
    opened_per_day: [RisksOfDay!]!
    "From opening to the first acknowledgement or resolution; null where there was none."
    mean_time_to_acknowledge_seconds: Float
  }
`;
