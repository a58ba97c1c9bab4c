import type { Connection } from '../../../../backend/src/contract/index.ts'

/** Snippet is a piece of code or a line to paste, filled in with the values of one key. */
export interface Snippet {
  name: string
  code: string
}

/** codeSnippets are ready to run and ask for `target`, an address that tells the exit. The token is in them. */
export function codeSnippets(
  { host, port, username, password, http_url, socks5_url }: Connection,
  target: string,
): Snippet[] {
  const server = `${new URL(http_url).protocol}//${host}:${port}`
  return [
    { name: 'curl', code: `curl -x ${http_url} ${target}` },
    ...(socks5_url === null ? [] : [{ name: 'curl (SOCKS5)', code: `curl -x ${socks5_url} ${target}` }]),
    {
      name: 'Python requests',
      code: `import requests

proxy = "${http_url}"
print(requests.get("${target}", proxies={"http": proxy, "https": proxy}, timeout=30).text)`,
    },
    {
      name: 'Python httpx',
      code: `import httpx

with httpx.Client(proxy="${http_url}", timeout=30) as client:
    print(client.get("${target}").text)`,
    },
    {
      name: 'Node undici',
      code: `import { fetch, ProxyAgent } from 'undici'

const dispatcher = new ProxyAgent('${http_url}')
console.log(await (await fetch('${target}', { dispatcher })).text())`,
    },
    {
      name: 'Node axios',
      code: `import axios from 'axios'
import { HttpsProxyAgent } from 'https-proxy-agent'

const httpsAgent = new HttpsProxyAgent('${http_url}')
console.log((await axios.get('${target}', { httpsAgent, proxy: false })).data)`,
    },
    {
      name: 'Go',
      code: `package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
)

func main() {
	proxy, _ := url.Parse("${http_url}")
	client := http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}
	reply, err := client.Get("${target}")
	if err != nil {
		panic(err)
	}
	defer reply.Body.Close()
	body, _ := io.ReadAll(reply.Body)
	fmt.Println(string(body))
}`,
    },
    {
      name: 'Playwright',
      code: `import { chromium } from 'playwright'

const browser = await chromium.launch({
  proxy: { server: '${server}', username: '${username}', password: '${password}' },
})
const page = await browser.newPage()
await page.goto('${target}')
console.log(await page.textContent('body'))
await browser.close()`,
    },
    {
      name: 'Selenium',
      code: `# Chrome takes no password for a proxy from its command line:
# allow the address of this machine first (tab "Access").
from selenium import webdriver

options = webdriver.ChromeOptions()
options.add_argument("--proxy-server=${server}")
driver = webdriver.Chrome(options=options)
driver.get("${target}")
print(driver.find_element("tag name", "body").text)
driver.quit()`,
    },
  ]
}

export const browsers = ['chrome', 'firefox', 'windows', 'macos', 'android'] as const
