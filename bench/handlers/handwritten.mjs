// What one would write by hand for the headers of release.json beside this file.

export async function handler(event) {
  const response = event.Records[0].cf.response;
  const headers = response.headers;
  headers["content-security-policy"] = [
    { key: "Content-Security-Policy", value: "default-src 'self'; script-src 'self' https://cdn.example.com" },
  ];
  headers["permissions-policy"] = [
    { key: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=()" },
  ];
  headers["referrer-policy"] = [{ key: "Referrer-Policy", value: "strict-origin-when-cross-origin" }];
  headers["strict-transport-security"] = [{ key: "Strict-Transport-Security", value: "max-age=300" }];
  headers["x-content-type-options"] = [{ key: "X-Content-Type-Options", value: "nosniff" }];
  headers["x-frame-options"] = [{ key: "X-Frame-Options", value: "DENY" }];
  if (!headers["cross-origin-opener-policy"]?.length) {
    headers["cross-origin-opener-policy"] = [{ key: "Cross-Origin-Opener-Policy", value: "same-origin" }];
  }
  delete headers["x-powered-by"];
  return response;
}
