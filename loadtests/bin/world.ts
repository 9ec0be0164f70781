/**
 * Makes the namespace that the load tests ask, on a platform that is running: `node loadtests/bin/world.ts`. It reads
 * BASE_URL, TOKEN (an administrator's) and NAMESPACE, and prints the variables for k6 and Locust to stdout.
 */
import { fill } from '../bench/world.ts';

const { BASE_URL = 'http://127.0.0.1:3000', TOKEN, NAMESPACE = 'load' } = process.env;
if (TOKEN === undefined) {
  console.error("Give an administrator's token in TOKEN (npm start keeps one in data/admin-token).");
  process.exit(2);
}
const { token } = await fill({ url: BASE_URL, token: TOKEN }, NAMESPACE, (line) => console.error(line));
console.log(`export BASE_URL=${BASE_URL} NAMESPACE=${NAMESPACE} TOKEN=${token}`);
