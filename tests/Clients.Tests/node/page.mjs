// A person at the page, in Debian's chromium: signs up, signs in, uploads a file, sees it in the list.
// Run: node page.mjs URL FILE SCREENSHOT
import assert from "node:assert/strict";
import { basename } from "node:path";
import { chromium } from "playwright-core";

const [url, file, screenshot] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
try {
  const page = await browser.newPage({ locale: "en-GB" });
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfailed", (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  const sign = async (how) => {
    await page.fill("[name=username]", "page-user");
    await page.fill("[name=password]", "pass-word-1");
    await page.click(`button[value=${how}]`);
  };

  await page.goto(url);
  await sign("signup");
  if (!(await page.locator("#signout").isVisible()))
    await page.locator("#signout").or(page.locator("button[value=signin]:not([disabled])")).first().waitFor();
  if (await page.locator("#signout").isVisible()) await page.click("#signout");
  await sign("signin");
  await page.locator("#signout").waitFor();
  await page.setInputFiles("#pick", file);
  await page.locator("#list tbody tr", { hasText: basename(file) }).waitFor();
  await page.reload();
  await page.locator("#list tbody tr", { hasText: basename(file) }).waitFor();
  await page.screenshot({ path: screenshot, fullPage: true });
  assert.deepEqual(complaints, []);
} finally {
  await browser.close();
}
