"""The official Python client against a server whose URL is given: it lists and calls the tool of the example clothes."""

import asyncio
import sys

from mcp import Client


async def main(url: str) -> None:
    async with Client(url) as client:
        tools = (await client.list_tools()).tools
        assert any(tool.name == "recommend_clothes" for tool in tools), tools
        answer = await client.call_tool("recommend_clothes", {"gender": "man", "mood": "happy"})
        assert not answer.is_error and answer.content[0].text, answer


asyncio.run(main(sys.argv[1]))
