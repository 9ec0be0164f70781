export const COMMON = /* GraphQL */ `
  "RFC 3339 time in UTC, such as 2026-01-31T08:00:00.000Z. Given, it may have any offset."
  scalar DateTime
  "Any JSON value."
  scalar JSON
  "An H3 index: 15 hexadecimal digits that begin with 8."
  scalar CellId

  "How grave a probability is, by the thresholds of the namespace."
  enum Level {
    LOW
    MODERATE
    HIGH
    CRITICAL
  }

  "Where a page of a list ends."
  type Page {
    "Items asked for; a page may hold fewer."
    limit: Int!
    "Give it as cursor, with the same filters, for the page after this one. null on the last page."
    next_cursor: String
    "Whether there is a page after this one."
    has_more: Boolean!
  }

  "A point on the Earth, in degrees (WGS 84)."
  type Point {
    "Latitude, -90 to 90."
    lat: Float!
    "Longitude, -180 to 180."
    lon: Float!
  }

  "A point on the Earth, in degrees (WGS 84)."
  input PointInput {
    "Latitude, -90 to 90."
    lat: Float!
    "Longitude, -180 to 180."
    lon: Float!
  }
`;
