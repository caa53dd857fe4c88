"""A library of books, as FastAPI would have it: nothing here knows of LobeChat, of plugins or of a gateway.

Run it with `uvicorn app:app`, and put one line into the configuration of lobe-gateway:

    plugins.library = { openapi = "http://127.0.0.1:8000/openapi.json", allow_hosts = ["127.0.0.1:8000"] }
"""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field

app = FastAPI(title="Library", description="Books, and who has them.", version="1.0.0")


class Book(BaseModel):
    """A book on a shelf."""

    isbn: str = Field(pattern=r"^[0-9]{10}$", examples=["0141439513"])
    title: str
    year: int = Field(ge=1450)
    borrower: str | None = None


class Loan(BaseModel):
    """Who takes a book home."""

    borrower: str = Field(min_length=1, description="The name of whoever takes it")


BOOKS = {
    book.isbn: book
    for book in [
        Book(isbn="0141439513", title="Pride and Prejudice", year=1813),
        Book(isbn="0141439602", title="A Tale of Two Cities", year=1859),
        Book(isbn="0141439564", title="Great Expectations", year=1861),
    ]
}

Card = Annotated[str | None, Depends(APIKeyHeader(name="X-Library-Card", auto_error=False))]


def found(isbn: str) -> Book:
    """Find a book, or say that there is none."""
    if isbn not in BOOKS:
        raise HTTPException(404, "there is no such book")
    return BOOKS[isbn]


@app.get("/books", tags=["catalogue"], summary="Search the catalogue")
def search_books(
    title: Annotated[str, Query(description="A part of the title, in any case")] = "",
    after: Annotated[int | None, Query(description="Only books younger than this year")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> list[Book]:
    """Search the catalogue by title and age."""
    fits = (
        book
        for book in BOOKS.values()
        if title.lower() in book.title.lower() and (after is None or book.year > after)
    )
    return list(fits)[:limit]


@app.get("/books/{isbn}", tags=["catalogue"], summary="Look a book up")
def get_book(isbn: str) -> Book:
    """Look a book up by its number."""
    return found(isbn)


@app.post("/books/{isbn}/loan", tags=["loans"], summary="Borrow a book")
def borrow_book(isbn: str, loan: Loan, card: Card) -> Book:
    """Borrow a book. Needs a library card."""
    if card != "card-1":
        raise HTTPException(401, "show your library card")
    book = found(isbn)
    if book.borrower:
        raise HTTPException(409, f"{book.borrower} has it")
    book.borrower = loan.borrower
    return book
