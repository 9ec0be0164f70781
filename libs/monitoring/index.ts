export { MonitoringHttpModule } from './monitoring.module.js';
