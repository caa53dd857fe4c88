"""A service that knows nothing of LobeChat: what `tests/dev/run` runs behind `lobe-gateway dev`."""

from fastapi import FastAPI

app = FastAPI(title="Pet Store", description="Knows pets.")


@app.get("/pets/{name}", operation_id="find_pet")
def find_pet(name: str, loud: bool = False):
    """Find a pet by its name."""
    return {"pet": name.upper() if loud else name}
