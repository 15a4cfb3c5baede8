package javax.annotation;

/** The annotation that generated classes carry; the JDK has none since version 11. */
public @interface Generated {
  String[] value();

  String date() default "";

  String comments() default "";
}
