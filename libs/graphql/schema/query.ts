export const QUERY = /* GraphQL */ `
  "The read side of the platform: what REST answers to GET, with the same names, and several things in one request."
  type Query {
    "Who asks. Any token."
    me: Me
    "A namespace; the one of the request where no id is given. Any token, for its own namespace."
    namespace(namespace_id: String): Namespace
    "All namespaces for an administrator, the own one otherwise."
    namespaces(limit: Int = 50, cursor: String): NamespacePage

    "The events' types with what is there of each. Scope risk:read."
    event_types: [EventType!]
    "Events, newest first. Scope risk:read."
    events(
      from: DateTime
      to: DateTime
      "west,south,east,north in degrees; west exceeds east where the box crosses the antimeridian."
      bbox: String
      "lon,lat;lon,lat;… with 3 to 200 corners."
      polygon: String
      cell: CellId
      event_type: String
      entity_id: String
      limit: Int = 50
      cursor: String
    ): EventPage

    "A cell with its surroundings, its events and its present risk. Scope risk:read."
    cell(cell: CellId!, event_type: String): Cell
    "Windowed features of every cell with events, at one time. Scope risk:read."
    feature_snapshot(time: DateTime, event_type: String, limit: Int = 50, cursor: String): FeatureSnapshot

    "The risk map: the cells of the current surface, those with the highest expected count first. Scope risk:read."
    risk_map(
      "Hours ahead, 1 to 720."
      horizon: Int = 24
      event_type: String
      "west,south,east,north in degrees; west exceeds east where the box crosses the antimeridian."
      bbox: String
      min_level: Level
      "H3 resolution, that of the surface or a coarser one."
      resolution: Int
      "Cells listed, 1 to 5000; cell_count tells how many there are."
      limit: Int = 500
    ): RiskMap
    "The risk at points and in cells, in the order given: points first. Scope risk:read."
    assess(
      points: [PointInput!]
      cells: [CellId!]
      "Hours ahead, 1 to 720."
      horizon_hours: Int = 24
      event_type: String
      "Simulated futures for each place, 0 to 1000, drawn for all places together."
      n_scenarios: Int = 0
      "The same seed draws the same futures."
      seed: Float
    ): AssessmentSet

    "Risks, newest first. Scope risk:read."
    risks(
      status: RiskStatus
      level: Level
      event_type: String
      cell: CellId
      target_id: String
      group_id: String
      "west,south,east,north in degrees; west exceeds east where the box crosses the antimeridian."
      bbox: String
      from: DateTime
      to: DateTime
      limit: Int = 50
      cursor: String
    ): RiskPage
    "One risk. Scope risk:read."
    risk(risk_id: String!): Risk

    "The risks opened in the last 30 days in numbers. Scope risk:read."
    risk_stats(event_type: String, target_id: String, group_id: String): RiskStats

    "Models, newest first. Scope risk:read."
    models(event_type: String, limit: Int = 50, cursor: String): ModelPage
    "One model with its card. Scope risk:read."
    model(model_version: String!): Model

    "Jobs, newest first. Scope admin."
    jobs(state: JobState, type: String, limit: Int = 50, cursor: String): JobPage
    "One job. Scope jobs."
    job(job_id: String!): Job
  }
`;
