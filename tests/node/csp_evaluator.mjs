// Findings of csp_evaluator for each policy of a list: [{type, severity, directive, value}].
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';

const require = createRequire(import.meta.url);
const {STRICTCSP_CHECKS, DEFAULT_CHECKS} = require('csp_evaluator/dist/evaluator.js');
const {CspParser} = require('csp_evaluator/dist/parser.js');
const {Version} = require('csp_evaluator/dist/csp.js');
const {Severity, Type} = require('csp_evaluator/dist/finding.js');
const {checkHasConfiguredReporting} = require('csp_evaluator/dist/checks/security_checks.js');

const policies = JSON.parse(readFileSync(0, 'utf8'));
const answers = policies.map(policy => {
  const ignored = [];
  const {csp} = new CspParser(policy);
  const effective = csp.getEffectiveCsp(Version.CSP3, ignored);
  const run = (checks, subject) => checks.flatMap(check => {
    try {
      return check(subject);
    } catch {
      return []; // its IP and host checks throw on sources that are no URL
    }
  });
  // As its own page does: what a browser heeds by the default checks, what is written by the strict ones.
  const found = [...run(DEFAULT_CHECKS, effective), ...run([...STRICTCSP_CHECKS, checkHasConfiguredReporting], csp)];
  return [...ignored, ...found].map(({type, severity, directive, value}) =>
    ({type: Type[type], severity: Severity[severity], directive, value: value ?? null}));
});
process.stdout.write(JSON.stringify(answers));
