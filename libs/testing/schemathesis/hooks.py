"""What schemathesis cannot know from the document."""

import schemathesis

# With `fields` an answer holds less than its schema requires, and no schema says which cursor a list gave: the document
# says so in words, and the property test of hostile requests throws everything at both. Another namespace than the one
# that was filled has nothing to find.
LEFT_OUT = {"fields", "cursor", "X-Namespace"}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    shared = raw_schema["components"]["parameters"]

    def name_of(parameter):
        reference = parameter.get("$ref")
        return shared[reference.rsplit("/", 1)[1]]["name"] if reference else parameter["name"]

    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            operation["parameters"] = [
                parameter for parameter in operation.get("parameters", []) if name_of(parameter) not in LEFT_OUT
            ]
