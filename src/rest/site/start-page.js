/* Runs in the browser: shows the document beside this page. */
const url = '../openapi.json'

function show(document) {
  window.SwaggerUIBundle({
    ...document,
    dom_id: '#api',
    deepLinking: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    // A key stays in this page and is gone with it.
    persistAuthorization: false,
    // Else the document would be shown to a service elsewhere.
    validatorUrl: null,
  })
}

/* Each operation with its line for a shell, to the address that this page was opened at. */
function withLines(spec) {
  for (const operations of Object.values(spec.paths))
    for (const operation of Object.values(operations)) {
      const [sample] = operation['x-codeSamples'] ?? []
      if (!sample) continue
      const line = sample.source.replace('https://agent.example', () => location.origin)
      operation.description += `\n\nIn a shell, with the key in \`PEEK_KEY\`:\n\n\`\`\`\n${line}\n\`\`\``
    }
  return spec
}

fetch(url)
  .then((response) => response.json())
  .then((spec) => show({ spec: withLines(spec) }))
  // It says itself what is wrong with the document.
  .catch(() => show({ url }))
