import { config } from 'zod';

// Zod compiles its checks with `new Function` where it may. The page's content policy forbids that, and already the
// question whether it may is reported as a violation. Must be imported before any schema is made.
config({ jitless: true });
