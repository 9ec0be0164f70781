export { objections, written } from './changes/policy.js';
export { documentOf } from './document/document.js';
export type { OpenApiDocument } from './document/parts.js';
export { controllersOf } from './document/routes.js';
export { OpenApiHttpModule } from './openapi.module.js';
